"""The demonstration city as data: people, queues, numbers and the default menu that `db.seed` writes."""

from dataclasses import dataclass
from typing import Any, Final

QUEUES: Final = (("city", "市级"), ("linhe", "临河县"), ("pingyuan", "平原县"))

# Counties: id, name, and where the gateway to their telephone numbers is (its port is the instance's own one).
COUNTIES: Final = (("linhe", "临河县", "127.0.0.4"), ("pingyuan", "平原县", None))
COUNTY_HOURS: Final = {"mon-fri": ["08:00-20:00"], "sat-sun": ["08:30-18:00"], "holiday": ["08:30-18:00"]}

# Two public numbers on one platform (双号并行): the mayor's line and the newspaper's.
NUMBERS: Final = (("12345", "政务服务便民热线"), ("63160000", "市长公开电话"))

DEFAULT_MENU: Final = "default"

# Reasons for a pause with the minutes of a day; None: no quota.
PAUSES: Final = (("rest", "小休", 30), ("meal", "用餐", 60), ("meeting", "会议", None), ("training", "培训", None))

HALL: Final = (
    *("王丽华", "李建国", "张晓梅", "刘志强", "陈思雨", "杨海燕", "赵文博", "黄雅琴", "周建华", "吴晓东"),
    *("徐静怡", "孙立军", "马春兰", "朱俊杰", "胡秀英", "郭明辉", "何佳慧", "高振宇", "林晓燕", "罗国强"),
    *("郑雪梅", "梁浩然", "谢玉珍", "宋天明", "唐婉清", "许志远", "韩冬梅", "冯子豪", "邓淑芬", "曹永刚"),
)
LINHE: Final = ("彭家乐", "曾玉兰", "肖建平", "田小雨")
PINGYUAN: Final = ("董文静", "潘志明", "袁秋菊", "蔡宏伟")


# A seat of Linhe that is an ordinary telephone.
LINE_SEAT: Final = ("2005", "孙慧芳", "05345550005")


@dataclass(frozen=True, slots=True)
class Person:
    """One demonstration member of staff; `queues` stand in order of preference, `phone_number` makes it a line seat."""

    id: str
    name: str
    role: str
    queues: tuple[str, ...]
    county: str = ""
    phone_number: str | None = None


def people() -> tuple[Person, ...]:
    """Return the demonstration staff.

    The hall serves the city and takes over for the counties; a county's remote seats serve their own county, and the
    city and their neighbour by the overflow of `queue_rules`. So a call to any queue is answered as long as anyone is
    signed in, whichever of the places has lost its line.
    """
    return (
        *_seats(1001, HALL, ("city", "linhe", "pingyuan")),
        *_seats(2001, LINHE, ("linhe",), county="linhe"),
        Person(LINE_SEAT[0], LINE_SEAT[1], "agent", ("linhe",), "linhe", LINE_SEAT[2]),
        *_seats(3001, PINGYUAN, ("pingyuan",), county="pingyuan"),
        Person("9001", "沈慧敏", "supervisor", ()),
        # Two, because nobody approves a menu of their own.
        Person("9901", "程立新", "administrator", ()),
        Person("9902", "顾婉仪", "administrator", ()),
    )


def _seats(first: int, names: tuple[str, ...], queues: tuple[str, ...], county: str = "") -> tuple[Person, ...]:
    return tuple(Person(str(first + place), name, "agent", queues, county) for place, name in enumerate(names))


def queue_rules(queue: str) -> dict[str, Any]:
    """Return the rules of a seeded queue: county seats first, then the hall, then the neighbour; back from the city.

    A county's call is kept for its own seats for 15 s, then the hall takes it as well, and the neighbour after 30 s or
    while three wait; after its hours the hall has it at once. The city's call goes to the counties after 20 s or while
    three wait. Nobody waits for a place where nobody is on duty.
    """
    counties = [county for county, _, _ in COUNTIES]
    if queue not in counties:
        return {"overflow": [{"to": county, "after": 20.0, "waiting": 3, "handicap": 10.0} for county in counties]}
    neighbours = [{"to": other, "after": 30.0, "waiting": 3, "handicap": 20.0} for other in counties if other != queue]
    return {
        "county": queue,
        "county_seconds": 15.0,
        "hours": COUNTY_HOURS,
        "overflow": [{"to": "city", "after": 15.0}, *neighbours],
    }


def default_tree() -> dict[str, Any]:
    """Return the default menu in the form of `ivr.codec`: 0 or silence leads to the city, 1 and 2 to the counties."""
    city, *counties = (slug for slug, _ in QUEUES)
    menu = {
        "kind": "menu",
        "sounds": ["hotline/menu-default"],
        "choices": {"0": city} | {str(key): county for key, county in enumerate(counties, start=1)},
        "wait_seconds": 3.0,
        "attempts": 2,
        "on_failure": city,
        "on_silence": city,
    }
    greeting = {"kind": "announcement", "sounds": ["hotline/greeting-12345"], "next": "menu"}
    queues = {queue: {"kind": "queue", "queue": queue, "priority": 0} for queue in (city, *counties)}
    return {"start": "greeting", "nodes": {"greeting": greeting, "menu": menu, **queues}}
