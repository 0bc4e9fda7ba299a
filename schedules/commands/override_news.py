"""Who is told what of an override: those whom it brings on call, and those whom it takes off."""

from dataclasses import replace
from datetime import datetime

from accounts.models import User
from core.actor import Actor
from core.domain.phrase import Phrase, mark
from schedules import queries
from schedules.commands import telling
from schedules.domain import resolver
from schedules.domain.model import Source
from schedules.models import Override, OverrideKind
from schedules.news import News, Period

SUBJECT = "override"
COMES, GOES = mark("You come on call: {schedule}"), mark("You go off call: {schedule}")


def added(row: Override, *, by: Actor, now: datetime) -> None:
    """Nobody is told of what is over: then it corrects the record."""
    if row.end > now:
        _tell(row, COMES, GOES, (row.start, row.end), by, now)


def cancelled(row: Override, period: Period, *, by: Actor, now: datetime) -> None:
    """`period` is what does not happen: all of it, or the rest of one that ran."""
    comes = mark("You are not needed on call after all: {schedule}")
    goes = mark("You stay on call as planned: {schedule}")
    _tell(row, comes, goes, period, by, now)


def moved(row: Override, *, by: Actor, now: datetime) -> None:
    """The shift that it covers lies elsewhere, and so does the override."""
    comes = mark("Your cover has moved: {schedule}")
    goes = mark("The cover of your shift has moved: {schedule}")
    _tell(row, comes, goes, (row.start, row.end), by, now)


def gone(row: Override, *, by: Actor, now: datetime) -> None:
    """The shift that it covers is no more."""
    comes = mark("The shift that you cover is gone: {schedule}")
    goes = mark("Your shift is gone, and its cover: {schedule}")
    _tell(row, comes, goes, (row.start, row.end), by, now)


def _tell(row: Override, comes: str, goes: str, period: Period, by: Actor, now: datetime) -> None:
    leaving = _leaving(row)
    coming = row.user if row.kind != OverrideKind.REMOVE else None
    who = str(coming) if coming else ""
    instead = ", ".join(map(str, leaving))
    news = [
        News(user, _title(goes, row), [period], facts=_facts(by, Phrase("Instead"), who))
        for user in leaving
        if user != coming
    ]
    if coming:
        facts = _facts(by, Phrase("Instead of"), instead)
        news.append(News(coming, _title(comes, row), [period], facts=facts))
    key = f"{comes[:12]}.{now.isoformat()}".replace(" ", "-")
    telling.tell(news, row.schedule, about=(SUBJECT, row.pk), key=key, by=by, now=now)


def _facts(by: Actor, label: str, value: str) -> list[tuple[str, str]]:
    return [(label, value), (Phrase("By"), by.label)]


def _title(template: str, row: Override) -> Phrase:
    return Phrase(template, schedule=row.schedule.name)


def _leaving(row: Override) -> list[User]:
    """Whom it takes off call: one person, or everybody who is on call without it."""
    if row.kind == OverrideKind.ADD:
        return []
    if row.kind != OverrideKind.COVER_ALL:
        user = row.replaces or (row.user if row.kind == OverrideKind.REMOVE else None)
        return [user] if user else []
    rules = queries.read([row.schedule_id], start=row.start, end=row.end)
    value = rules.values[row.schedule_id]
    own = (Source.OVERRIDE, row.pk)
    others = tuple(one for one in value.overrides if (one.source, one.id) != own)
    found = resolver.spans(replace(value, overrides=others), row.start, row.end)
    return [rules.people[user] for user in dict.fromkeys(u for one in found for u in one.users)]
