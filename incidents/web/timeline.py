"""The timeline in words: every typed event becomes one sentence with an icon."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import timetext
from incidents.models import EventType, IncidentEvent
from notifications.models import Channel

# What the page says after the name of the person; "web" is the usual way and goes without saying.
DOORS = {
    "email": "from the mail",
    "api": "through the API",
    "integration": "through an integration",
    "push": "from a push message",
    "sms": "by SMS",
    "voice": "in a phone call",
    "whatsapp": "by WhatsApp",
    "slack": "in Slack",
    "telegram": "in Telegram",
    "teams": "in Microsoft Teams",
    "discord": "in Discord",
    "google_chat": "in Google Chat",
    "mattermost": "in Mattermost",
    "reply": "by answering the mail",
}
CHANNELS = {channel.value.lower(): str(channel.label) for channel in Channel}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `who` did `what`; `detail` is the small print below it."""

    id: int
    at: datetime
    icon: str
    tone: str
    who: str
    what: str
    via: str = ""
    detail: str = ""


Says = Callable[[dict[str, Any]], tuple[str, str]]


def entries(events: Iterable[IncidentEvent]) -> list[Entry]:
    return [entry(event) for event in events]


def entry(event: IncidentEvent) -> Entry:
    """A type without words of its own is shown by its name rather than hidden."""
    kind = EventType(event.type) if event.type in EventType.values else None
    icon, tone = LOOKS.get(kind, ("circle-dot", "neutral")) if kind else ("circle-dot", "neutral")
    says = SAYS.get(kind) if kind else None
    what, detail = says(event.details) if says else (event.type.replace("_", " "), "")
    person = event.actor_type != "system"
    return Entry(
        id=event.pk,
        at=event.at,
        icon=icon,
        tone=tone,
        who=event.actor_label if person else "",
        what=what if person else what[:1].upper() + what[1:],
        via=DOORS.get(event.via, "") if event.actor_type == "user" else "",
        detail=detail,
    )


LOOKS: dict[EventType, tuple[str, str]] = {
    EventType.CREATED: ("siren", "open"),
    EventType.ACKNOWLEDGED: ("user-check", "acknowledged"),
    EventType.UNACKNOWLEDGED: ("undo-2", "open"),
    EventType.RESOLVED: ("circle-check", "resolved"),
    EventType.REOPENED: ("rotate-cw", "open"),
    EventType.SNOOZED: ("alarm-clock", "snoozed"),
    EventType.UNSNOOZED: ("bell-ring", "open"),
    EventType.SUPPRESSED: ("volume-x", "suppressed"),
    EventType.UNSUPPRESSED: ("bell-ring", "open"),
    EventType.ESCALATION: ("arrow-up", "open"),
    EventType.NOTIFICATION_SENT: ("send", "neutral"),
    EventType.NOTIFICATION_DELIVERED: ("check-check", "neutral"),
    EventType.NOTIFICATION_FAILED: ("circle-x", "open"),
    EventType.ASSIGNED: ("user-plus", "neutral"),
    EventType.REASSIGNED: ("users", "neutral"),
    EventType.URGENCY_CHANGED: ("chevrons-up", "neutral"),
    EventType.PRIORITY_CHANGED: ("flag", "neutral"),
    EventType.TITLE_CHANGED: ("pencil", "neutral"),
    EventType.NOTE_ADDED: ("message-square", "neutral"),
    EventType.RESPONDER_REQUESTED: ("user-plus", "open"),
    EventType.RESPONDER_ACCEPTED: ("user-check", "acknowledged"),
    EventType.RESPONDER_DECLINED: ("user-x", "neutral"),
    EventType.RESPONDER_EXPIRED: ("clock", "open"),
    EventType.RESPONDER_WITHDRAWN: ("undo-2", "neutral"),
    EventType.MERGED: ("git-merge", "neutral"),
    EventType.LINKED: ("link", "neutral"),
    EventType.WATCHER_ADDED: ("eye", "neutral"),
    EventType.WATCHER_REMOVED: ("eye-off", "neutral"),
    EventType.SLA_WARNING: ("timer", "neutral"),
    EventType.SLA_BREACHED: ("triangle-alert", "open"),
}


def _plain(text: str) -> Says:
    return lambda details: (text, "")


def _created(details: dict[str, Any]) -> tuple[str, str]:
    source = details.get("source") or ""
    said = source in {"", "web", "api"} or source in str(details.get("message"))
    return "opened the incident", "" if said else f"Source: {source}"


def _resolved(details: dict[str, Any]) -> tuple[str, str]:
    return "resolved it", details.get("note", "")


def _snoozed(details: dict[str, Any]) -> tuple[str, str]:
    return "snoozed it", details.get("reason", "")


def _escalation(details: dict[str, Any]) -> tuple[str, str]:
    people = ", ".join(details.get("paged") or [])
    reason = str(details.get("reason", ""))
    if details.get("unreached"):
        who = ", ".join(details["unreached"])
        return f"step {details.get('from_step')} reached nobody: {who}", reason
    if "paged" not in details:
        return _by_hand(reason), ""
    if details.get("exhausted"):
        return f"paged the fallback contact: {people or 'there is none'}", reason
    step = details.get("to_step")
    if details.get("waits_until"):
        return f"waits for support hours before step {step}", reason
    if not people:
        return f"step {step} paged nobody", reason
    return f"step {step} paged {people}", reason


def _by_hand(reason: str) -> str:
    if reason == "asked for by hand":
        return "asked for the next step at once"
    return "started the escalation again" if "restarted" in reason else reason or "escalated"


def _delivery(verb: str) -> Says:
    def says(details: dict[str, Any]) -> tuple[str, str]:
        channel = CHANNELS.get(details.get("channel", ""), str(details.get("channel", "Message")))
        done = "not sent" if details.get("status") == "not_sent" else verb
        return f"{channel} to {details.get('recipient', '')} {done}", details.get("detail", "")

    return says


def _assigned(details: dict[str, Any]) -> tuple[str, str]:
    before, now = details.get("from"), details.get("to")
    if not now:
        return f"took it from {before}: nobody has it now", ""
    told = [f"Before: {before}"] if before else []
    told += [f"Told: {', '.join(details['told'])}"] if details.get("told") else []
    again = ", and the escalation starts again" if details.get("restarted") else ""
    return f"gave it to {now}{again}", ". ".join(told)


def _unacknowledged(details: dict[str, Any]) -> tuple[str, str]:
    if details.get("reason") != "timeout":
        return "took the acknowledgement back", ""
    owner = f" {details['owner']} is paged first." if details.get("owner") else ""
    silence = f"acknowledged, but nothing was done for {details.get('minutes')} minutes"
    return f"opened it again: {silence}", f"Paging goes on where it stood.{owner}"


def _asked(details: dict[str, Any]) -> tuple[str, str]:
    people = ", ".join(details.get("asked") or [])
    return f"asked {people} for help", str(details.get("message") or "")


def _answered(word: str) -> Says:
    def says(details: dict[str, Any]) -> tuple[str, str]:
        return word.format(details.get("asked_by", "")), str(details.get("note") or "")

    return says


def _watcher(starts: bool) -> Says:
    def says(details: dict[str, Any]) -> tuple[str, str]:
        verb = "made {} a watcher" if starts else "took {} off the watchers"
        return verb.format(details.get("user", "somebody")), ""

    return says


def _silent(details: dict[str, Any]) -> tuple[str, str]:
    people = ", ".join(details.get("silent") or [])
    told = "Nobody of those asked comes; whoever asked is told." if details.get("nobody") else ""
    return f"no answer from {people}, who were asked for help", told


def _withdrawn(details: dict[str, Any]) -> tuple[str, str]:
    return f"does not need {details.get('who')} after all", ""


def _changed(noun: str) -> Says:
    def says(details: dict[str, Any]) -> tuple[str, str]:
        before, now = details.get("from") or "none", details.get("to") or "none"
        return f"changed the {noun} from {before} to {now}", ""

    return says


def _clock(words: str) -> Says:
    def says(details: dict[str, Any]) -> tuple[str, str]:
        verb = "acknowledge" if details.get("clock") == "ack" else "resolve"
        minutes = details.get("target_minutes") or 0
        return words.format(verb), f"Target: {timetext.duration(minutes * 60)}"

    return says


SAYS: dict[EventType, Says] = {
    EventType.CREATED: _created,
    EventType.ACKNOWLEDGED: _plain("acknowledged it"),
    EventType.UNACKNOWLEDGED: _unacknowledged,
    EventType.RESOLVED: _resolved,
    EventType.REOPENED: _plain("opened it again"),
    EventType.SNOOZED: _snoozed,
    EventType.UNSNOOZED: _plain("ended the snooze"),
    EventType.SUPPRESSED: _plain("suppressed it"),
    EventType.UNSUPPRESSED: _plain("ended the suppression"),
    EventType.ESCALATION: _escalation,
    EventType.NOTIFICATION_SENT: _delivery("sent"),
    EventType.NOTIFICATION_DELIVERED: _delivery("delivered"),
    EventType.NOTIFICATION_FAILED: _delivery("failed"),
    EventType.ASSIGNED: _assigned,
    EventType.REASSIGNED: _assigned,
    EventType.RESPONDER_REQUESTED: _asked,
    EventType.RESPONDER_ACCEPTED: _answered("comes to help, asked by {}"),
    EventType.RESPONDER_DECLINED: _answered("declined to help, asked by {}"),
    EventType.RESPONDER_EXPIRED: _silent,
    EventType.RESPONDER_WITHDRAWN: _withdrawn,
    EventType.URGENCY_CHANGED: _changed("urgency"),
    EventType.PRIORITY_CHANGED: _changed("priority"),
    EventType.TITLE_CHANGED: _changed("title"),
    EventType.NOTE_ADDED: _plain("wrote a note"),
    EventType.WATCHER_ADDED: _watcher(starts=True),
    EventType.WATCHER_REMOVED: _watcher(starts=False),
    EventType.SLA_WARNING: _clock("the time to {} is nearly over"),
    EventType.SLA_BREACHED: _clock("the time to {} is over"),
}
