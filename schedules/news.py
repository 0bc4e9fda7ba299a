"""News of changed duty as messages: what changes, where, and when by the reader's clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core import config, language
from notifications.domain.message import Action, Message
from schedules.models import Schedule

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class News:
    """What one person is told. `periods` are instants; `text` stands in for them where given.

    Texts that are phrases are said in the person's language.

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
    """The news as a message that wakes nobody, in the words of its reader."""
    code = language.resolve(news.user.language)
    with language.speaking(code):
        return _message(news, schedule, code)


def _message(news: News, schedule: Schedule, code: str) -> Message:
    path = news.path or reverse("schedules:detail", args=[schedule.public_id])
    url = config.absolute(path)
    worded = language.worded
    when = worded(news.text) or "; ".join(period_text(one, news.user) for one in news.periods)
    more = [(worded(label), worded(value)) for label, value in news.facts]
    facts = [(_("Schedule"), schedule.name), (_("When"), when), *more]
    return Message(
        kind="news",
        subject_id=schedule.public_id,
        title=worded(news.title),
        facts=tuple((label, value) for label, value in facts if value),
        body=worded(news.body),
        url=url,
        actions=(Action(worded(news.act), url),) if news.act else (),
        urgency="LOW",
        tag=_("on call"),
        language=code,
    )


def period_text(period: Period, reader: User) -> str:
    """Both ends with the offset that holds then, by the reader's clocks."""
    start, end = period
    days = [at.astimezone(reader.zone).date() for at in period]
    form = language.TIME if days[0] == days[1] else language.TO_THE_MINUTE
    return _("{start} to {end}").format(
        start=language.moment(start, reader.zone, language.TO_THE_MINUTE),
        end=language.moment(end, reader.zone, form),
    )
