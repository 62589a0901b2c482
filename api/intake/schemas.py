"""What the intake says at the HTTP edge."""

from typing import Annotated, Any

from pydantic import BaseModel, Field


class PopOut(BaseModel):
    """What the database knows about an offered call: the second message of a pop."""

    call_id: str
    agent_id: str
    case_no: str
    case_state: str
    query_code: Annotated[str, Field(description="With it and the case number a citizen hears its progress")]
    caller: Annotated[str | None, Field(description="Canonical number; null when withheld")]
    caller_display: str
    earlier_calls: list[dict[str, Any]]
    open_cases: list[dict[str, Any]]


class ReceiptOut(BaseModel):
    """What the sender may remove from its journal, and the pops to send."""

    accepted: Annotated[list[int], Field(description="`seq` of every event that is stored or can never be")]
    pops: list[PopOut]


BODY_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["events"],
                    "properties": {
                        "events": {
                            "type": "array",
                            "maxItems": 1000,
                            "items": {},
                            "description": "Objects with call_id, seq, type, at and data; a wrong one is kept apart",
                        }
                    },
                }
            }
        },
    }
}
