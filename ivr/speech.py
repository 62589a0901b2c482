"""What is wrong with the sounds of a tree: missing, unapproved, too long before a person, advertising."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ivr.findings import Finding, error, warning
from ivr.graph import says_line, seconds_until_person, sounds_of
from ivr.tree import LINE, Tree

MAX_SECONDS = 15.0
CHARACTERS_PER_SECOND = 4.2

ADVERTISING = (
    "促销",
    "特价",
    "打折",
    "折扣",
    "抢购",
    "秒杀",
    "赞助",
    "冠名",
    "加微信",
    "扫码关注",
    "关注公众号",
    "最低价",
    "免费领",
    "免费试用",
    "抽奖",
    "大奖",
    "红包",
    "会员价",
    "订购热线",
    "欢迎选购",
    "隆重推出",
    "高收益",
    "稳赚",
    "招商加盟",
    "代理加盟",
    "热销",
    "团购",
    "sponsored",
    "discount",
)
"""Words of selling (GB/T 33358: no commercial advertising in the hotline's sounds)."""

PERHAPS_ADVERTISING = (
    "优惠",
    "免费",
    "限时",
    "中奖",
    "贷款",
    "理财",
    "保险公司",
    "投资",
    "商城",
    "最好",
    "首选",
    "品牌",
    "有限公司",
    "集团",
)
"""Words that a public service uses too: a tax relief is 优惠, so a person decides."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound as it is known: its length, whether a person approved it, and what it says where that is known."""

    seconds: float
    approved: bool = True
    text: str | None = None


def spoken(text: str) -> Sound:
    """A sound that is known by its text only: its length as the built-in voice would need, measured on its prompts."""
    return Sound(len(text) / CHARACTERS_PER_SECOND, text=text)


Greetings = Collection[tuple[str, ...]]
"""The greetings of lines, each a list of sounds."""


def sound_findings(tree: Tree, sounds: Mapping[str, Sound], greetings: Greetings = ()) -> Iterator[Finding]:
    """Everything about the sounds that the nodes name, and about the greetings of the lines that the tree serves."""
    lines = [sound for greeting in greetings for sound in greeting]
    for name, node in tree.nodes.items():
        for sound in dict.fromkeys([*sounds_of(node), *(lines if says_line(node) else ())]):
            yield from _one_sound(name, sound, sounds.get(sound))
    yield from _too_long(tree, sounds, greetings)


def greeting_findings(where: str, greeting: Collection[str], sounds: Mapping[str, Sound]) -> Iterator[Finding]:
    """What is wrong with one line's greeting, wherever it is said; `where` is the line's number."""
    for sound in dict.fromkeys(greeting):
        yield from _one_sound(where, sound, sounds.get(sound))
    if (seconds := _seconds(greeting, sounds)) > MAX_SECONDS:
        yield error(where, f"the greeting lasts {seconds:.1f} s", f"shorten it to less than {MAX_SECONDS:g} s")


def _one_sound(where: str, name: str, sound: Sound | None) -> Iterator[Finding]:
    if sound is None:
        yield error(where, f"there is no sound {name!r}", "upload it, have its text spoken, or name another")
        return
    if not sound.approved:
        yield error(where, f"the sound {name!r} is not approved", "listen to it and approve it, or name another")
    yield from _selling(where, name, (sound.text or "").lower())


def _selling(where: str, name: str, text: str) -> Iterator[Finding]:
    what = f"the sound {name!r} reads like advertising: "
    if found := [word for word in ADVERTISING if word in text]:
        yield error(where, what + ", ".join(found), "say only what the caller needs")
    elif found := [word for word in PERHAPS_ADVERTISING if word in text]:
        yield warning(where, what + ", ".join(found), "keep it only where it names a public service")


def _seconds(greeting: Collection[str], sounds: Mapping[str, Sound]) -> float:
    return sum(sounds[sound].seconds for sound in greeting if sound in sounds)


def _too_long(tree: Tree, sounds: Mapping[str, Sound], greetings: Greetings) -> Iterator[Finding]:
    lengths = {name: sound.seconds for name, sound in sounds.items()}
    longest = max((_seconds(greeting, sounds) for greeting in greetings), default=0.0)
    seconds, where = seconds_until_person(tree, lengths | {LINE: longest})
    if seconds > MAX_SECONDS:
        what = f"{seconds:.1f} s of sound go before a person can be reached here"
        yield error(where, what, f"shorten them to {MAX_SECONDS:g} s together")
