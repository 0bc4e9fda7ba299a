"""People learn of changes to their duty: once, quietly, and never of what they did themselves."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import UserStatus
from core.actor import Actor
from notifications import commands as notifications
from notifications.domain.quiet import is_far
from schedules import news as words
from schedules.models import Schedule
from schedules.news import News


def tell(
    news: Iterable[News],
    schedule: Schedule,
    *,
    about: tuple[str, int],
    key: str,
    by: Actor,
    now: datetime,
) -> None:
    """Under the bell and by mail; `about` names the row, `key` the event: the same is told once.

    Joins the caller's transaction, so nobody hears of what did not happen.
    """
    kind, subject_id = about
    requests = [
        notifications.PageRequest(
            subject_kind=kind,
            subject_id=subject_id,
            page_key=f"{key}.{one.user.pk}",
            user=one.user,
            message=words.news_message(one, schedule),
            urgency="LOW",
            quiet=True,
            may_wait=is_far(min((start for start, _ in one.periods), default=None), now),
        )
        for one in news
        if one.user.pk != by.user_pk and one.user.status != UserStatus.DISABLED
    ]
    if requests:
        notifications.enqueue(requests, now=now)
