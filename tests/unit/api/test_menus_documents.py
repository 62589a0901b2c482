"""What is sent as a menu and is none: refused with its reason, however large, tangled or strange it is."""

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from api.core.limits import limit_of
from api.menus.documents import read_proposal, write_yaml
from api.sessions.tokens import Identity, Role, issue_token
from api.settings import Settings
from db.clock import utc_now

MENUS = "/api/menus/default"
TREE = {"start": "person", "nodes": {"person": {"kind": "queue", "queue": "city"}}}


@pytest.fixture
def administrator(settings: Settings) -> dict[str, str]:
    now = utc_now()
    identity = Identity("9901", "程立新", Role.ADMINISTRATOR, now + dt.timedelta(hours=1))
    token = issue_token(identity, settings.session_secret.get_secret_value(), now=now)
    return {"Authorization": f"Bearer {token}"}


LARGE = {"start": "n0", "nodes": {f"n{n}": {"kind": "queue", "queue": "city"} for n in range(10_000)}}
MANY = {"start": "n0", "nodes": {f"n{n}": {"kind": "queue", "queue": "city"} for n in range(501)}}
LONG = {"start": "n" * 10_000, "nodes": {"n" * 10_000: {"kind": "queue", "queue": "q" * 10_000}}}
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
JSON, YAML = "application/json", "application/yaml"


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        (JSON, json.dumps({"tree": LARGE, "why": "x"}), 413, "more than a tree needs"),
        (JSON, json.dumps({"tree": MANY, "why": "x"}), 422, "501 nodes"),
        (JSON, json.dumps({"tree": LONG, "why": "x"}), 422, "is not a name"),
        (JSON, b"x" * 50_000_000, 413, "larger than"),
        (YAML, BOMB, 400, "aliases"),
        (YAML, b"start: \xff\xfe", 400, "is not UTF-8"),
        (YAML, "[" * 100_000, 400, "nested too deeply"),
        (JSON, '{"tree":' + '{"a":' * 20_000 + "1" + "}" * 20_001, 400, "nested too deeply"),
        (YAML, "start: a\nstart: b\n", 400, "stands twice"),
        (YAML, "!!python/object/apply:os.system [id]", 400, "not YAML"),
        (YAML, "", 422, "no menu tree"),
        (JSON, "", 422, '{"tree"'),
        (JSON, "{", 400, "cannot be read"),
        (JSON, json.dumps({"tree": TREE}), 422, "Say `why`"),
        (JSON, json.dumps({"tree": TREE, "why": " \n"}), 422, "Say `why`"),
        (JSON, json.dumps({"tree": TREE, "why": "x" * 501}), 422, "Say `why`"),
        (JSON, json.dumps({"tree": TREE, "why": 5}), 422, "Say `why`"),
        (JSON, json.dumps({"tree": TREE, "why": "x", "then": 1}), 422, '{"tree"'),
        (JSON, '{"tree": {"start": "\\ud800", "nodes": {"\\ud800": {}}}, "why": "x"}', 422, "is not a name"),
        (JSON, '{"tree": {"start": "a", "nodes": {"a": {"kind": "\\ud800\\u0000"}}}, "why": "x"}', 422, "not known"),
    ],
    ids=range(20),
)
async def test_what_is_no_menu_is_refused_with_its_reason_before_the_database_is_asked(
    *, client: httpx.AsyncClient, administrator: dict[str, str], kind: str, body: Any, status: int, words: str
) -> None:
    headers = administrator | {"Content-Type": kind}
    answer = await client.post(f"{MENUS}/versions", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"] + str(answer.json().get("findings"))


async def test_a_body_that_never_says_its_length_is_counted(
    client: httpx.AsyncClient, administrator: dict[str, str]
) -> None:
    async def endless() -> Any:
        while True:
            yield b"x" * 65_536

    headers = administrator | {"Content-Type": YAML}
    answer = await client.post(f"{MENUS}/versions", content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_trial_refuses_what_is_no_menu(client: httpx.AsyncClient, administrator: dict[str, str]) -> None:
    # Also where the body is read by the framework: a bomb of 50 MB, and 20,000 levels.
    for body, status in ((b"x" * 50_000_000, 413), (b'{"tree":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001, 400)):
        answer = await client.post("/api/menus/trial", content=body, headers=administrator | {"Content-Type": JSON})
        assert answer.status_code == status


def test_what_is_written_is_read_again() -> None:
    proposal = read_proposal(json.dumps({"tree": TREE, "why": " 更短 "}).encode(), "application/json", "")
    assert proposal.why == "更短"
    again = read_proposal(b"\xef\xbb\xbf" + write_yaml(proposal.tree).encode(), "application/yaml", "")
    assert (again.tree, again.why) == (proposal.tree, "imported")


def test_a_body_has_the_limit_of_its_address() -> None:
    assert limit_of("/api/menus/default/versions") < limit_of("/api/agents") < limit_of("/api/sounds")
    assert limit_of("") == limit_of("/") == limit_of("/api/agents")
