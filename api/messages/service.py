"""Makes a call, a case and a return call of a message from the spool."""

import datetime as dt

from api.core.phones import canonical_number
from api.intake import service as intake
from api.intake.fold import MESSAGE_SEQ, MESSAGE_TYPE, Fact
from api.intake.repository import lock_calls
from api.intake.service import Place
from api.messages import repository
from api.messages.rules import SpoolMessage
from db.engine import WriteSession


async def import_message(
    session: WriteSession, file_name: str, message: SpoolMessage, *, place: Place, now: dt.datetime
) -> bool:
    """Store the message once, with what follows from it; False when this file was imported before."""
    callback = canonical_number(message.number, area_code=place.area_code)
    callback = callback or canonical_number(message.caller, area_code=place.area_code)
    await lock_calls(session, [message.call_id])
    values = {
        "file_name": file_name,
        "call_id": message.call_id,
        "caller_raw": message.caller,
        "dialled": message.dialled,
        "number": message.number,
        "callback": callback,
        "recording": message.recording,
        "left_at": message.at,
        "imported_at": now,
    }
    if not await repository.store_message(session, values):
        return False
    data = {"caller": message.caller, "dialled": message.dialled, "file_name": file_name}
    fact = Fact(MESSAGE_SEQ, MESSAGE_TYPE, message.at, data)
    await intake.apply_facts(session, [(message.call_id, fact)], place=place, now=now)
    if callback is not None:
        await intake.settle_returns(session, [callback], now=now)
    return True
