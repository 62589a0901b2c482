"""The tables, one module a noun; importing this package registers them all on `Base.metadata`."""

from db.tables.base import Base
from db.tables.calls import Call, CallEvent, Offer, RejectedEvent, ReturnCall
from db.tables.cases import Case, CaseDraft, CaseSerial, CaseTransition
from db.tables.messages import Message
from db.tables.people import Agent, AgentQueue, SignInAttempt
from db.tables.routing import Menu, Number, Queue

__all__ = [
    "Agent",
    "AgentQueue",
    "Base",
    "Call",
    "CallEvent",
    "Case",
    "CaseDraft",
    "CaseSerial",
    "CaseTransition",
    "Menu",
    "Message",
    "Number",
    "Offer",
    "Queue",
    "RejectedEvent",
    "ReturnCall",
    "SignInAttempt",
]
