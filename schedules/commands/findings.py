"""What the guard found, kept in rows: known again by its key, cleared when it is seen no more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from core import language
from core.domain.phrase import mark
from core.timetext import duration
from notifications.domain.reach import NOTHING, Reach
from notifications.models import Channel
from schedules.domain.guard import Found, Kind
from schedules.models import CoverageFinding, FindingKind, SubjectKind

OF_URGENCIES = (Kind.NOBODY_HIGH, Kind.NOBODY_MEDIUM, Kind.NOBODY_LOW)
COUNTED = frozenset({Kind.GAP, Kind.REACHES_NOBODY, Kind.SINGLE_POINT, *OF_URGENCIES})
KEPT = ("key", "subject_name", "team_id", "start", "end", "people", "words")
# Whoever writes down time off is told of what it meets at once, elsewhere.
TOLD_ELSEWHERE = frozenset({Kind.TIME_OFF})
WORDS = {
    Kind.GAP: mark("Nobody is on call"),
    Kind.REACHES_NOBODY: mark("No step pages anybody: only the fallback contact would hear of it"),
    Kind.NOBODY_HIGH: mark(
        "No step pages anybody for high urgency without a priority: only the fallback contact"
        " would hear of it"
    ),
    Kind.NOBODY_MEDIUM: mark(
        "No step pages anybody for medium urgency without a priority: only the fallback contact"
        " would hear of it"
    ),
    Kind.NOBODY_LOW: mark(
        "No step pages anybody for low urgency without a priority: only the fallback contact"
        " would hear of it"
    ),
    Kind.SINGLE_POINT: mark("{who} alone is paged, whatever the step"),
    Kind.DISABLED: mark("{who} is disabled and still takes turns"),
    Kind.TIME_OFF: mark("{who} is on call and away"),
}
UNREACHABLE = {
    Reach.NONE: mark("{who} is on call and cannot be reached: every way is switched off"),
    Reach.UNPROVEN: mark("{who} is on call and no way to reach them is verified"),
    Reach.MUTE: mark("{who} is on call and has only {channels}: no provider is set up for that"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What was looked at: a schedule or a policy, and the team that owns it."""

    kind: SubjectKind
    id: int
    public_id: str = ""
    name: str = ""
    team_id: int | None = None


def keep(found: Mapping[Subject, Sequence[Found]], *, now: datetime) -> None:
    """Writes down everything about these subjects; what stood and is not found any more clears."""
    names = _people(found)
    with transaction.atomic():
        for kind in SubjectKind:
            mine = {subject.id: subject for subject in found if subject.kind == kind}
            if mine:
                _keep(kind, {mine[pk]: found[mine[pk]] for pk in mine}, names, now)


def words(found: Found, names: Mapping[int, User]) -> str:
    """In words, without times: every reader has a clock of his own."""
    who = " and ".join(names[user].name for user in found.people if user in names) or "Somebody"
    known = found.known or NOTHING
    plain = WORDS.get(found.kind) or UNREACHABLE[known.reach]
    said = plain.format(who=who, channels=_channels(known.lacking))
    if found.kind in COUNTED and found.times > 1:
        said += f"; {found.times} times in the next 30 days, {duration(found.total)} in all"
    return said[:300]


def reworded(row: CoverageFinding) -> str:
    """The words of a row in the language that is spoken now; how often it comes back the page says.

    In English they are what stands in the row.
    """
    if get_language() == language.ENGLISH:
        return row.words
    reach = row.key.rpartition(":")[2]
    known = Reach(reach) if reach in UNREACHABLE else Reach.NONE
    plain = WORDS.get(Kind(row.kind)) or UNREACHABLE[known]
    who = _(" and ").join(person["name"] for person in row.people) or _("Somebody")
    lacking = [one for person in row.people for one in person.get("lacking", ())]
    return _(plain).format(who=who, channels=_channels(lacking))


def _channels(lacking: Iterable[str]) -> str:
    """ "SMS, Voice call", as they are named in the language that is spoken now."""
    return ", ".join(_(str(Channel(one).label)) for one in lacking)


def _keep(
    kind: SubjectKind,
    found: Mapping[Subject, Sequence[Found]],
    names: Mapping[int, User],
    now: datetime,
) -> None:
    ids = [subject.id for subject in found]
    rows = CoverageFinding.objects.filter(subject_kind=kind, subject_id__in=ids, cleared_at=None)
    standing: dict[int, dict[str, CoverageFinding]] = {pk: {} for pk in ids}
    for known_row in rows.select_for_update().order_by("pk"):
        standing[known_row.subject_id][known_row.key] = known_row
    new: list[CoverageFinding] = []
    changed: list[CoverageFinding] = []
    gone: list[int] = []
    for subject, each in found.items():
        known = standing[subject.id]
        lost = {key: row for key, row in known.items() if key not in {one.key for one in each}}
        for one in each:
            row = known.get(one.key) or _under_another_key(one, lost)
            fields = _fields(subject, one, names)
            if row is None:
                new.append(_row(subject, one, fields, now))
            elif any(getattr(row, name) != fields[name] for name in KEPT):
                for name in KEPT:
                    setattr(row, name, fields[name])
                changed.append(row)
        gone += [row.pk for row in lost.values()]
    CoverageFinding.objects.filter(pk__in=gone).update(cleared_at=now)
    CoverageFinding.objects.bulk_update(changed, KEPT)
    CoverageFinding.objects.bulk_create(new, ignore_conflicts=True)
    rows.update(seen_at=now)


def _under_another_key(one: Found, lost: dict[str, CoverageFinding]) -> CoverageFinding | None:
    """The same thing known by another key: a hole that turned out to come back, or not to end."""
    people = len(one.people)
    for key, row in lost.items():
        same = row.kind == one.kind and not people and row.start == one.start
        running = one.start is None and row.kind == one.kind and row.end is None and not people
        if same or running:
            return lost.pop(key)
    return None


def _fields(subject: Subject, one: Found, names: Mapping[int, User]) -> dict[str, Any]:
    people = [names[user] for user in one.people if user in names]
    return {
        "key": one.key[:120],
        "subject_name": subject.name[:200],
        "team_id": subject.team_id,
        "start": one.start,
        "end": one.end,
        "people": [_person(user, one) for user in people],
        "words": words(one, names),
    }


def _person(user: User, one: Found) -> dict[str, Any]:
    lacking = list(one.known.lacking) if one.known else []
    return {"id": user.public_id, "name": user.name} | ({"lacking": lacking} if lacking else {})


def _row(subject: Subject, one: Found, fields: dict[str, Any], now: datetime) -> CoverageFinding:
    return CoverageFinding(
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_public_id=subject.public_id,
        kind=FindingKind(one.kind),
        first_seen_at=now,
        seen_at=now,
        told_at=now if one.kind in TOLD_ELSEWHERE else None,
        **fields,
    )


def _people(found: Mapping[Subject, Sequence[Found]]) -> dict[int, User]:
    ids = {user for each in found.values() for one in each for user in one.people}
    return User.objects.in_bulk(ids)
