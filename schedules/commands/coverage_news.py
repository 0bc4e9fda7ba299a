"""Tells the owners of what the guard found: at once when it is near, else each morning. Once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from core import config, language
from notifications import commands as notifications
from notifications.domain.message import Message
from notifications.domain.quiet import is_far
from schedules.commands import findings
from schedules.domain.walltime import resolve, to_local
from schedules.models import CoverageFinding
from schedules.queries import guard

SOON = timedelta(hours=48)
MORNING = time(9)
BATCH = 200
SUBJECT = "coverage"
DAY = timedelta(days=1)


def tell_coverage(now: datetime) -> int:
    """Tells everybody who does not know yet and whose time has come; returns how many people.

    Joined to the writing down who knows: whatever dies in between, nobody is told twice.
    """
    if guard.oldest_finding_untold(now) is None:
        return 0
    skip = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        untold = guard.standing().filter(told_at=None)
        rows = list(untold.select_for_update(skip_locked=skip, of=("self",)).order_by("pk")[:BATCH])
        owners = _Owners(rows)
        letters: dict[User, list[CoverageFinding]] = defaultdict(list)
        for row in rows:
            for user in owners.of(row):
                if user.pk not in row.told_to and is_due(row, user, now):
                    letters[user].append(row)
                    row.told_to.append(user.pk)
            if all(user.pk in row.told_to for user in owners.of(row)) and row.told_to:
                row.told_at = now
        CoverageFinding.objects.bulk_update(rows, ["told_to", "told_at"])
        notifications.enqueue([_letter(user, each, now) for user, each in letters.items()], now=now)
    return len(letters)


def is_due(row: CoverageFinding, user: User, now: datetime) -> bool:
    """At once within two days of its beginning, else at the person's first morning after."""
    if row.start is None or row.start <= now + SOON:
        return True
    return now >= next_morning(row.first_seen_at, user)


def next_morning(at: datetime, user: User) -> datetime:
    """The first 09:00 of the person's clock that comes after an instant."""
    day = to_local(at, user.zone).date()
    today = resolve(datetime.combine(day, MORNING), user.zone)
    return today if today > at else resolve(datetime.combine(day + DAY, MORNING), user.zone)


class _Owners:
    """Whom each finding is told: lead or members of the team that owns it, else the admins."""

    def __init__(self, rows: Collection[CoverageFinding]) -> None:
        teams = {row.team_id for row in rows if row.team_id}
        self._members: dict[int, list[Membership]] = defaultdict(list)
        members = Membership.objects.filter(team__in=teams, user__in=User.objects.active())
        for member in members.select_related("team", "user"):
            self._members[member.team_id].append(member)
        self._admins = list(User.objects.active().filter(role=Role.ADMIN))

    def of(self, row: CoverageFinding) -> list[User]:
        members = self._members.get(row.team_id or 0, [])
        leads = [member.user for member in members if member.team.lead_id == member.user_id]
        return leads or [member.user for member in members] or self._admins


def _letter(
    user: User, rows: Sequence[CoverageFinding], now: datetime
) -> notifications.PageRequest:
    ordered = sorted(rows, key=lambda row: (row.start is not None, row.start or now, row.pk))
    return notifications.PageRequest(
        subject_kind=SUBJECT,
        subject_id=user.pk,
        page_key=f"{ordered[0].pk}.{now:%Y%m%dT%H%M%S%f}",
        user=user,
        message=_message(user, ordered, now),
        urgency="LOW",
        quiet=True,
        may_wait=all(is_far(row.start, now) for row in rows),
    )


def _message(user: User, rows: Sequence[CoverageFinding], now: datetime) -> Message:
    code = language.resolve(user.language)
    with language.speaking(code):
        return _said(user, rows, now, code)


def _said(user: User, rows: Sequence[CoverageFinding], now: datetime, code: str) -> Message:
    first, more = rows[0], len(rows) - 1
    title = f"{first.subject_name}: {findings.reworded(first)}"
    if more:
        title = _("{title} (and {count} more)").format(title=title, count=more)
    return Message(
        kind="coverage",
        subject_id=user.public_id,
        title=title,
        facts=tuple(
            (row.subject_name, f"{findings.reworded(row)}, {_when(row, user, now)}") for row in rows
        ),
        body=_("Nothing has gone wrong yet. This is what would, if nobody does anything."),
        url=config.absolute("/coverage/"),
        urgency="LOW",
        tag=_("coverage"),
        language=code,
    )


def _when(row: CoverageFinding, user: User, now: datetime) -> str:
    """In the clock of the reader."""
    if row.start is None or row.start <= now:
        begins = _("now")
    else:
        start = language.moment(row.start, user.zone, language.WITHOUT_YEAR)
        begins = _("from {start}").format(start=start)
    if row.end is None or row.start is None:
        return begins
    span = language.duration(row.end - max(row.start, now))
    return _("{begins} for {span}").format(begins=begins, span=span)
