"""Who is told what of a request for cover: those who are asked, and whoever waits for an answer."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from core.actor import Actor
from schedules.commands import telling
from schedules.models import CoverKind, CoverRequest, CoverState
from schedules.news import News, Period, period_text

SUBJECT = "cover"
ENDINGS = {
    CoverState.DECLINED: "It was declined",
    CoverState.WITHDRAWN: "It was withdrawn",
    CoverState.EXPIRED: "It has expired: the shift has begun",
}


def over(row: CoverRequest, state: CoverState) -> str:
    """Why it is not open any more."""
    if state == CoverState.TAKEN:
        return f"{row.taken_by} has taken it already"
    return ENDINGS.get(state, "It is not open any more")


def asked(row: CoverRequest, people: Iterable[User], *, by: Actor, now: datetime) -> None:
    """The person who is asked, or all who could take it."""
    if row.kind == CoverKind.SWAP:
        title = f"{row.requester} offers you a swap: {row.schedule.name}"
    elif row.asked_id:
        title = f"{row.requester} asks you to take over: {row.schedule.name}"
    else:
        title = f"{row.requester} is looking for cover: {row.schedule.name}"
    news = [_news(row, user, title, act="Look and answer", body=row.message) for user in people]
    _tell(news, row, "asked", by, now)


def taken(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    word = "swaps with you" if row.kind == CoverKind.SWAP else "takes over from you"
    news = [_news(row, row.requester, f"{row.taken_by} {word}: {row.schedule.name}")]
    if row.taken_by:
        news.append(
            _news(row, row.taken_by, f"You take over from {row.requester}: {row.schedule.name}")
        )
    _tell(news, row, "taken", by, now)


def declined(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    title = f"{row.asked} cannot take over: {row.schedule.name}"
    _tell([_news(row, row.requester, title, body="You stay on call.")], row, "declined", by, now)


def withdrawn(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    """The one who was asked by name. Anyone else finds the page saying so."""
    people = [user for user in (row.asked, row.requester) if user]
    title = f"{row.requester} needs no cover any more: {row.schedule.name}"
    _tell([_news(row, user, title) for user in people], row, "withdrawn", by, now)


def expired(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    title = f"Nobody took your shift: {row.schedule.name}"
    body = "Nobody accepted before it was due. You stay on call."
    _tell([_news(row, row.requester, title, body=body)], row, "expired", by, now)


def moved(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    """The shift that was asked about lies elsewhere after an edit."""
    title = f"A shift that waits for cover has moved: {row.schedule.name}"
    people = [user for user in (row.requester, row.asked) if user]
    key = f"moved.{now:%Y%m%dT%H%M%S}"
    _tell([_news(row, user, title) for user in people], row, key, by, now)


def gone(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    """The shift that was asked about is no more."""
    title = f"A shift that waited for cover is gone: {row.schedule.name}"
    people = [user for user in (row.requester, row.asked) if user]
    body = "The rotation was changed, and the request has ended with it."
    _tell([_news(row, user, title, body=body) for user in people], row, "gone", by, now)


def _news(row: CoverRequest, user: User, title: str, *, act: str = "", body: str = "") -> News:
    periods: list[Period] = [(row.start, row.end)]
    facts: list[tuple[str, str]] = []
    if row.return_start and row.return_end:
        facts.append(("In return", period_text((row.return_start, row.return_end), user)))
    path = reverse("schedules:cover", args=[row.public_id])
    return News(user, title, periods, facts=facts, path=path, act=act, body=body)


def _tell(news: list[News], row: CoverRequest, key: str, by: Actor, now: datetime) -> None:
    telling.tell(news, row.schedule, about=(SUBJECT, row.pk), key=key, by=by, now=now)
