"""The tables, one module a noun; importing this package registers them all on `Base.metadata`."""

from db.tables.attendance import AgentState, PauseReason
from db.tables.audit import Audit
from db.tables.base import Base
from db.tables.calls import Call, CallbackResult, CallEvent, Offer, Rating, RejectedEvent, ReturnCall
from db.tables.cases import Case, CaseDraft, CaseSerial, CaseTransition, LookUpFailure
from db.tables.guests import GuestSeat, GuestSession
from db.tables.incidents import Incident, IncidentCaller
from db.tables.menus import MenuPublication, MenuVersion, MenuVisit, TrialCode
from db.tables.messages import Message
from db.tables.people import Agent, AgentQueue, SignInAttempt
from db.tables.rota import CoverMinimum, Shift
from db.tables.routing import County, Holiday, Number, Queue, TransferTarget
from db.tables.sounds import Sound

__all__ = [
    "Agent",
    "AgentQueue",
    "AgentState",
    "Audit",
    "Base",
    "Call",
    "CallEvent",
    "CallbackResult",
    "Case",
    "CaseDraft",
    "CaseSerial",
    "CaseTransition",
    "County",
    "CoverMinimum",
    "GuestSeat",
    "GuestSession",
    "Holiday",
    "Incident",
    "IncidentCaller",
    "LookUpFailure",
    "MenuPublication",
    "MenuVersion",
    "MenuVisit",
    "Message",
    "Number",
    "Offer",
    "PauseReason",
    "Queue",
    "Rating",
    "RejectedEvent",
    "ReturnCall",
    "Shift",
    "SignInAttempt",
    "Sound",
    "TransferTarget",
    "TrialCode",
]
