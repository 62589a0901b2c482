import datetime as dt
import html
from typing import Any

import httpx
import pytest

from api.core.files import find_file
from api.core.problems import NotFoundError
from api.sessions.tokens import Identity, Role, issue_token
from api.settings import Settings
from db.clock import utc_now


@pytest.fixture
def staff(settings: Settings) -> dict[str, str]:
    now = utc_now()
    identity = Identity("1001", "王丽华", Role.AGENT, now + dt.timedelta(hours=1))
    token = issue_token(identity, settings.session_secret.get_secret_value(), now=now)
    return {"Authorization": f"Bearer {token}"}


def check_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["detail"]
    return body


async def test_everything_away_is_still_alive(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json().items() >= {"database": False, "voice": False}.items()
    assert answer.json()["tasks"] > 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/internal/nothing", 404),
        ("DELETE", "/api/sessions", 405),
        ("POST", "/api/sessions", 422),
        ("GET", "/api/calls", 401),
        ("GET", "/internal/configuration", 401),
        ("POST", "/internal/call-events", 401),
    ],
)
async def test_every_refusal_is_a_problem_document(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    check_problem(await client.request(method, path), status)


async def test_wrong_fields_are_named(client: httpx.AsyncClient) -> None:
    body = check_problem(await client.post("/api/sessions", json={"agent_id": "王"}), 422)
    assert {error["at"] for error in body["errors"]} == {"body.agent_id", "body.password"}


async def test_a_database_that_is_away_is_503_and_says_so(
    client: httpx.AsyncClient, staff: dict[str, str], settings: Settings
) -> None:
    sign_in = {"agent_id": "1001", "password": "x"}
    assert check_problem(await client.post("/api/sessions", json=sign_in), 503)["code"] == "database_away"
    assert check_problem(await client.get("/api/calls", headers=staff), 503)["code"] == "database_away"
    wire = {"Authorization": f"Bearer {settings.intake_token.get_secret_value()}"}
    answer = await client.post("/internal/call-events", json={"events": [{}]}, headers=wire)
    assert check_problem(answer, 503)["code"] == "database_away"
    assert answer.headers["retry-after"]


async def test_a_voice_process_that_is_away_is_503_and_says_so(
    client: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    answer = await client.put("/api/agents/me/state", json={"state": "ready"}, headers=staff)
    assert check_problem(answer, 503)["code"] == "voice_away"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": {}}', b"\xff", b"[" * 100_000])
async def test_a_batch_that_is_none_is_400(client: httpx.AsyncClient, settings: Settings, body: bytes) -> None:
    wire = {"Authorization": f"Bearer {settings.intake_token.get_secret_value()}"}
    check_problem(await client.post("/internal/call-events", content=body, headers=wire), 400)


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/", "/healthz", "/api/calls", "/docs"):
        headers = (await client.get(path)).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/api/calls")).headers["cache-control"] == "no-store"


async def test_the_openapi_page_names_every_operation(client: httpx.AsyncClient) -> None:
    page, schema = (await client.get("/docs")).text, (await client.get("/openapi.json")).json()
    operations = [item for path in schema["paths"].values() for item in path.values()]
    for operation in operations:
        assert html.escape(operation["summary"]) in page
        assert operation["description"]
        assert operation["tags"]
        assert "HTTPValidationError" not in str(operation)
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert "<script" not in page


async def test_an_unbuilt_page_says_what_to_run(client: httpx.AsyncClient) -> None:
    assert "make up" in (await client.get("/")).text


async def test_the_built_page_is_served_for_its_own_addresses(client: httpx.AsyncClient, settings: Settings) -> None:
    assert settings.web_dist is not None
    (settings.web_dist / "assets").mkdir(parents=True)
    (settings.web_dist / "index.html").write_text("<p>page")
    (settings.web_dist / "assets" / "a.js").write_text("1")
    (settings.web_dist.parent / "secret").write_text("secret")
    assert (await client.get("/desk/calls")).text == "<p>page"
    script = await client.get("/assets/a.js")
    assert (script.text, "immutable" in script.headers["cache-control"]) == ("1", True)
    for path in ("/..%2fsecret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "/%00"):
        assert (await client.get(path)).text == "<p>page"
    check_problem(await client.get("/api/nothing"), 404)


@pytest.mark.parametrize("name", ["", ".", "..", "../secret", "a/b", "/etc/passwd", "a\x00b", "absent.wav", "out.wav"])
def test_no_name_leads_out_of_the_folder(settings: Settings, name: str) -> None:
    folder = settings.recordings_dir
    assert folder is not None
    folder.mkdir()
    (folder.parent / "secret").write_text("secret")
    (folder / "out.wav").symlink_to(folder.parent / "secret")
    (folder / "in.wav").write_text("sound")
    assert find_file(folder, "in.wav").read_text() == "sound"
    with pytest.raises(NotFoundError):
        find_file(folder, name)
