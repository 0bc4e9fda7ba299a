"""News of changed duty as messages: what changes, where, and when by the reader's clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from core import config
from notifications.domain.message import Action, Message
from schedules.models import Schedule

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class News:
    """What one person is told. `periods` are instants; `text` stands in for them where given.

    `path` is a page of ours, the schedule's own when empty; `act` labels a button to it.
    """

    user: User
    title: str
    periods: Sequence[Period] = ()
    text: str = ""
    facts: Sequence[tuple[str, str]] = ()
    body: str = ""
    path: str = ""
    act: str = ""


def news_message(news: News, schedule: Schedule) -> Message:
    """The news as a message that wakes nobody."""
    path = news.path or reverse("schedules:detail", args=[schedule.public_id])
    url = config.absolute(path)
    when = news.text or "; ".join(period_text(one, news.user) for one in news.periods)
    facts = [("Schedule", schedule.name), ("When", when), *news.facts]
    return Message(
        kind="news",
        subject_id=schedule.public_id,
        title=news.title,
        facts=tuple((label, value) for label, value in facts if value),
        body=news.body,
        url=url,
        actions=(Action(news.act, url),) if news.act else (),
        urgency="LOW",
        tag="on call",
    )


def period_text(period: Period, reader: User) -> str:
    """Both ends with the offset that holds then, by the reader's clocks."""
    start, end = (at.astimezone(reader.zone) for at in period)
    until = f"{end:%H:%M %Z}" if start.date() == end.date() else f"{end:%a %d %b %Y %H:%M %Z}"
    return f"{start:%a %d %b %Y %H:%M %Z} to {until}"
