"""People at the administration's page in a test, each in a browser of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from ops.call.browser import Desk, open_desk
from ops.instance import Instance

SECONDS = 15_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a page of their own."""

    desk: Desk

    @property
    def page(self) -> Page:
        return self.desk.page

    def at(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    async def click(self, name: str) -> None:
        await self.desk.click(name)

    async def fill(self, name: str, text: str) -> None:
        await self.at(name).fill(text, timeout=SECONDS)

    async def choose(self, name: str, value: str) -> None:
        await self.at(name).select_option(value, timeout=SECONDS)

    async def reads(self, name: str, text: str) -> None:
        await expect(self.at(name)).to_contain_text(text, timeout=SECONDS)

    async def sees(self, name: str) -> None:
        await expect(self.at(name)).to_be_visible(timeout=SECONDS)

    async def open(self, address: str) -> None:
        """Go to a page by its address, as a link or a refresh does."""
        await self.page.evaluate("address => { location.hash = address }", address)


@dataclass(slots=True)
class Office:
    """The people of one test; each signs in by typing."""

    browser: Browser
    system: Instance
    pictures: Path
    stack: AsyncExitStack
    people: list[Person] = field(default_factory=list)

    async def enter(self, staff_number: str) -> Person:
        folder = self.pictures / staff_number
        folder.mkdir(parents=True, exist_ok=True)
        person = Person(await self.stack.enter_async_context(open_desk(self.browser, folder, staff_number)))
        await person.page.goto(self.system.url)
        for name, text in (("agent-id", staff_number), ("password", self.system.passwords[staff_number])):
            await person.fill(name, text)
        await person.click("sign-in")
        await person.sees("agent")
        self.people.append(person)
        return person


@asynccontextmanager
async def open_office(browser: Browser, system: Instance, pictures: Path) -> AsyncIterator[Office]:
    """Nobody yet; afterwards no page has stumbled and no text has run."""
    async with AsyncExitStack() as stack:
        office = Office(browser, system, pictures, stack)
        yield office
        for person in office.people:
            assert not person.desk.complaints
            assert await person.page.evaluate("() => typeof ran") == "undefined"
