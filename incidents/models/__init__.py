"""Incidents and everything that hangs on them."""

from incidents.domain.alert import Action, Severity, Urgency
from incidents.domain.lifecycle import ACTIVE, EscalationState, HoursWait, Status
from incidents.domain.responders import ResponderState
from incidents.models.bundle import (
    Bundle,
    BundleKind,
    BundleMember,
    BundleState,
    PageBudget,
)
from incidents.models.incident import (
    OF_ESCALATION,
    Alert,
    EventType,
    Incident,
    IncidentEvent,
    Note,
    Page,
    PageKind,
    PagingFault,
    Priority,
)
from incidents.models.requests import AcknowledgeTimer, IncidentResponder
from incidents.models.sla import SlaClock
from incidents.models.watching import IncidentWatcher, Mention, ServiceWatcher, WatchedChange

__all__ = [
    "ACTIVE",
    "OF_ESCALATION",
    "AcknowledgeTimer",
    "Action",
    "Alert",
    "Bundle",
    "BundleKind",
    "BundleMember",
    "BundleState",
    "EscalationState",
    "EventType",
    "HoursWait",
    "Incident",
    "IncidentEvent",
    "IncidentResponder",
    "IncidentWatcher",
    "Mention",
    "Note",
    "Page",
    "PageBudget",
    "PageKind",
    "PagingFault",
    "Priority",
    "ResponderState",
    "ServiceWatcher",
    "Severity",
    "SlaClock",
    "Status",
    "Urgency",
    "WatchedChange",
]
