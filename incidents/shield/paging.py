"""From the decision to page a person to the message: at once, or in a bundle with others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from escalation.domain.reasons import Code, reason
from escalation.queries import Recipient
from incidents.messages import page_message
from incidents.models import BundleKind, Incident, Page, PageKind, Urgency
from incidents.shield.admit import Ask, gathered, limits
from notifications import commands as notifications

RANK = {Urgency.HIGH: 0, Urgency.MEDIUM: 1, Urgency.LOW: 2}
# Each counted by itself, always in this order: the rows of the first are locked before the others.
COUNTED = ((BundleKind.PAGES, PageKind.STEP), (BundleKind.FALLBACK, PageKind.FALLBACK))
REASON_LENGTH = 300
TOGETHER = "; with others in one message, because there were many about this service just now"


@dataclass(frozen=True, slots=True)
class Call:
    """One page before it is worded. `channels`: those of the step; `all_channels`: fallback.

    `by_hand`: a person asked for it, so the shield neither counts nor keeps it.
    """

    page: Page
    person: Recipient
    why: str
    channels: tuple[str, ...] = ()
    all_channels: bool = False
    by_hand: bool = False

    @property
    def may_wait(self) -> bool:
        return not self.person.on_duty and not self.all_channels


def leaving_now(
    calls: Sequence[Call], now: datetime, *, shielded: bool = True
) -> list[notifications.PageRequest]:
    """The pages that leave at once, worded; the others are put into bundles.

    Called before the pages are stored: their reasons tell of the bundle. Joins the caller's
    transaction.
    """
    late: set[tuple[int, str]] = set()
    if shielded:
        for kind, pages in COUNTED:
            asks = [_ask(call) for call in calls if call.page.kind == pages and not call.by_hand]
            late |= {_mark(ask.incident, ask.page_key) for ask in gathered(kind, asks, now)}
    leaving = []
    for call in calls:
        if _mark(call.page.incident, call.page.key) in late:
            _say_why(call.page)
        else:
            leaving.append(request(call, now))
    return leaving


def _say_why(page: Page) -> None:
    page.reason = page.reason[: REASON_LENGTH - len(TOGETHER)] + TOGETHER
    most = limits()
    minutes = int(most.window.total_seconds() // 60)
    page.why = [*page.why, reason(Code.BUNDLED, pages=most.pages, minutes=minutes)]


def _ask(call: Call) -> Ask:
    return Ask(
        incident=call.page.incident,
        user=call.person.user,
        page_key=call.page.key,
        urgency=call.page.incident.urgency,
        channels=call.channels,
        all_channels=call.all_channels,
        may_wait=call.may_wait,
    )


def request(call: Call, now: datetime) -> notifications.PageRequest:
    """The page of one incident to one person, worded."""
    incident, user = call.page.incident, call.person.user
    return notifications.PageRequest(
        subject_kind="incident",
        subject_id=incident.pk,
        page_key=call.page.key,
        user=user,
        message=page_message(incident, user, call.why, now=now),
        urgency=incident.urgency,
        channels=call.channels,
        all_channels=call.all_channels,
        rank=RANK[Urgency(incident.urgency)],
        may_wait=call.may_wait,
    )


def _mark(incident: Incident, page_key: str) -> tuple[int, str]:
    return incident.pk, page_key
