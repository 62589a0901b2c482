"""The OpenAPI file and the API agree: schemathesis asks each operation a bounded number of odd things."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.settings import Settings

EXAMPLES = 20
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def probe(operation: Any, url: str, headers: dict[str, str]) -> None:
    @bounds(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        response = case.call(base_url=url, headers=headers, timeout=20)
        case.validate_response(response, checks=CHECKS)

    ask()


# The server runs in this process and its libraries throw dice, which hypothesis takes for its own strategies'.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.usefixtures("database")
async def test_every_operation_does_what_the_openapi_file_says(
    *, settings: Settings, voice: Any, serve_api: Any, until: Any, event: Any
) -> None:
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, place):
        await until(lambda: api.runtime.link.up)
        await api.hand_in(event("hall-1.1", 1, "call.answered", agent_id="9001"))
        schema = schemathesis.openapi.from_dict((await api.http.get("/openapi.json")).json())
        staff = {"Authorization": f"Bearer {await api.token('9001')}"}
        wire = {"Authorization": f"Bearer {settings.intake_token.get_secret_value()}"}
        operations = [found.ok() for found in schema.get_all_operations()]
        assert len(operations) > 15
        for operation in operations:
            headers = wire if operation.path.startswith("/internal") else staff
            await asyncio.to_thread(probe, operation, f"http://{place}", headers)
