"""Lines under the bell: written without a page, and read."""

from collections.abc import Collection, Iterable
from datetime import datetime

from accounts.models import User, UserStatus
from notifications.domain.text import one_line, storable
from notifications.models import InAppNotification


def notify(
    users: Iterable[User],
    *,
    key: str,
    title: str,
    now: datetime,
    body: str = "",
    path: str = "",
    urgent: bool = False,
) -> None:
    """One line for each person, once per `key`; `path` is a page of ours. Sends nothing."""
    InAppNotification.objects.bulk_create(
        (
            InAppNotification(
                user=user,
                title=one_line(title),
                body=storable(body, 500),
                url=path[:300],
                urgent=urgent,
                key=key[:140],
                created_at=now,
            )
            for user in users
            if user.status != UserStatus.DISABLED
        ),
        ignore_conflicts=True,
    )


def mark_read(user: User, ids: Collection[int] | None = None, *, now: datetime) -> int:
    """Marks the person's notices as read, all of them without `ids`; returns how many."""
    unread = InAppNotification.objects.filter(user=user, read_at=None)
    if ids is not None:
        unread = unread.filter(id__in=ids)
    return unread.update(read_at=now)
