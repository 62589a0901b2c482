"""The trees that come with the project; the standard prefers no menu, so the default one has none."""

from ivr.tree import Announcement, Menu, ToQueue, Tree

GREETING = "hotline/greeting-12345"
MENU_SOUND = "hotline/menu-default"
MENU_WAIT_SECONDS = 3.0


def default_tree(queue: str) -> Tree:
    """Greeting, then a person of `queue` (GB/T 33358 advises against menus)."""
    return Tree("greeting", {"greeting": Announcement((GREETING,), "person"), "person": ToQueue(queue)})


def demonstration_tree(city: str = "city", counties: tuple[str, ...] = ("linhe", "pingyuan")) -> Tree:
    """Greeting and a menu of one level: 0 or silence the city, 1, 2, ... the counties; a wrong key asks once again."""
    menu = Menu(
        sounds=(MENU_SOUND,),
        choices={"0": city} | {str(key): county for key, county in enumerate(counties, start=1)},
        wait_seconds=MENU_WAIT_SECONDS,
        attempts=2,
        on_silence=city,
        on_failure=city,
    )
    queues = {queue: ToQueue(queue) for queue in (city, *counties)}
    return Tree("greeting", {"greeting": Announcement((GREETING,), "menu"), "menu": menu, **queues})
