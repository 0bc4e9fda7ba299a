"""What the failure of one delivery means for the others of the same page and person. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.words import State

# A channel whose first try has not begun after this long holds up nobody any more.
PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Link:
    """One delivery of a page to a person; `method` is None when the contact method is gone."""

    id: int
    position: int
    state: str
    attempts: int
    due: datetime
    method: int | None = None
    held: datetime | None = None  # since then by the limit of its account


def released_by_failure(failed_id: int, links: Iterable[Link], now: datetime) -> int | None:
    """The delivery to send at once because `failed_id` did not get through, or None.

    It is the next one that has not been tried: waiting in a chain, or planned for later by a
    personal rule. Nobody is hurried while the person is reached already or another first try is
    still under way. `links` show the state after the failure was recorded.
    """
    links = list(links)
    mine = {link.method for link in links if link.id == failed_id and link.method}
    others = [link for link in links if link.id != failed_id]
    if any(link.state == State.SENT or _hopeful(link, now) for link in others):
        return None
    # A repetition by the way that has just failed keeps its hour.
    untried = [link for link in others if _untried(link, now) and link.method not in mine]
    return min(untried, key=lambda link: (link.position, link.id)).id if untried else None


def _untried(link: Link, now: datetime) -> bool:
    first = link.state == State.QUEUED and link.attempts == 0
    planned = first and link.due > now and link.held is None
    return planned or link.state == State.WAITING


def _hopeful(link: Link, now: datetime) -> bool:
    """A first try that is due or running and has not had its time yet."""
    if link.state == State.SENDING:
        return link.attempts <= 1
    if link.held is not None:
        fresh = now - PATIENCE < link.held <= now
    else:
        fresh = now - PATIENCE < link.due <= now
    return link.state == State.QUEUED and link.attempts == 0 and fresh
