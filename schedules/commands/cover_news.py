"""Who is told what of a request for cover: those who are asked, and whoever waits for an answer."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from core import language
from core.actor import Actor
from core.domain.phrase import Phrase
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
        title = Phrase("{who} offers you a swap: {schedule}", **_of(row, row.requester))
    elif row.asked_id:
        title = Phrase("{who} asks you to take over: {schedule}", **_of(row, row.requester))
    else:
        title = Phrase("{who} is looking for cover: {schedule}", **_of(row, row.requester))
    news = [
        _news(row, user, title, act=Phrase("Look and answer"), body=row.message) for user in people
    ]
    _tell(news, row, "asked", by, now)


def taken(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    if row.kind == CoverKind.SWAP:
        title = Phrase("{who} swaps with you: {schedule}", **_of(row, row.taken_by))
    else:
        title = Phrase("{who} takes over from you: {schedule}", **_of(row, row.taken_by))
    news = [_news(row, row.requester, title)]
    if row.taken_by:
        title = Phrase("You take over from {who}: {schedule}", **_of(row, row.requester))
        news.append(_news(row, row.taken_by, title))
    _tell(news, row, "taken", by, now)


def declined(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    title = Phrase("{who} cannot take over: {schedule}", **_of(row, row.asked))
    body = Phrase("You stay on call.")
    _tell([_news(row, row.requester, title, body=body)], row, "declined", by, now)


def withdrawn(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    """The one who was asked by name. Anyone else finds the page saying so."""
    people = [user for user in (row.asked, row.requester) if user]
    title = Phrase("{who} needs no cover any more: {schedule}", **_of(row, row.requester))
    _tell([_news(row, user, title) for user in people], row, "withdrawn", by, now)


def expired(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    title = Phrase("Nobody took your shift: {schedule}", **_of(row))
    body = Phrase("Nobody accepted before it was due. You stay on call.")
    _tell([_news(row, row.requester, title, body=body)], row, "expired", by, now)


def moved(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    """The shift that was asked about lies elsewhere after an edit."""
    title = Phrase("A shift that waits for cover has moved: {schedule}", **_of(row))
    people = [user for user in (row.requester, row.asked) if user]
    key = f"moved.{now:%Y%m%dT%H%M%S}"
    _tell([_news(row, user, title) for user in people], row, key, by, now)


def gone(row: CoverRequest, *, by: Actor, now: datetime) -> None:
    """The shift that was asked about is no more."""
    title = Phrase("A shift that waited for cover is gone: {schedule}", **_of(row))
    people = [user for user in (row.requester, row.asked) if user]
    body = Phrase("The rotation was changed, and the request has ended with it.")
    _tell([_news(row, user, title, body=body) for user in people], row, "gone", by, now)


def _of(row: CoverRequest, who: User | None = None) -> dict[str, str]:
    return {"who": str(who), "schedule": row.schedule.name}


def _news(row: CoverRequest, user: User, title: str, *, act: str = "", body: str = "") -> News:
    periods: list[Period] = [(row.start, row.end)]
    facts: list[tuple[str, str]] = []
    if row.return_start and row.return_end:
        with language.speaking_to(user.language):
            back = period_text((row.return_start, row.return_end), user)
        facts.append((Phrase("In return"), back))
    path = reverse("schedules:cover", args=[row.public_id])
    return News(user, title, periods, facts=facts, path=path, act=act, body=body)


def _tell(news: list[News], row: CoverRequest, key: str, by: Actor, now: datetime) -> None:
    telling.tell(news, row.schedule, about=(SUBJECT, row.pk), key=key, by=by, now=now)
