"""What the endpoints about counties take and give."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.core.fields import Why, plain
from api.core.revisions import Revised
from api.core.text import WORD_LIMIT

COUNTY: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
HOST: Final = r"^[A-Za-z0-9.:-]{1,100}$"

Host = Annotated[
    str | None, Field(pattern=HOST, description="The gateway to its ordinary telephones; null: it has no line seats")
]
Port = Annotated[int | None, Field(ge=1, le=65535, description="Null: the instance's own, 5060 in containers")]


class CountyIn(BaseModel):
    """One county as it is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str, Field(min_length=1, max_length=WORD_LIMIT, examples=["临河县"]), AfterValidator(plain(WORD_LIMIT))
    ]
    trunk_host: Host = None
    trunk_port: Port = None
    why: Why


class CountyStored(Revised):
    """One county as it is stored; a changed trunk is used once Asterisk has been started anew."""

    editable = frozenset({"name", "trunk_host", "trunk_port"})

    id: str
    name: str
    trunk_host: Host
    trunk_port: Port


class CountyOut(CountyStored):
    """One county with its seats, as they are now."""

    queues: Annotated[list[str], Field(description="Whose calls are the county's")]
    seats: Annotated[int, Field(description="All of them")]
    line_seats: Annotated[int, Field(description="Those that are ordinary telephones")]
    reachable: Annotated[
        int | None, Field(description="With a phone that is there; null: the telephone system is away")
    ]
    signed_in: Annotated[int | None, Field(description="Signed in, whatever they do")]
