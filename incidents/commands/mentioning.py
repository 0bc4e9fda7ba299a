"""Whom a note calls, whether they may be called, and how they hear of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Membership, Team, User
from core.actor import Actor
from core.errors import ValidationFailed
from incidents import messages
from incidents.concern import who_may_see
from incidents.domain import mentions
from incidents.domain.mentions import Kind, Named
from incidents.models import Incident, Mention, Note
from notifications import commands as notifications

SUBJECT = "mention"
Callee = User | Team


@dataclass(frozen=True, slots=True)
class Call:
    """A person or team that is meant, and who hears of it: those who may see the incident."""

    callee: Callee
    people: Sequence[User]


@dataclass(frozen=True, slots=True)
class Calls:
    """What a note asks for; `unknown`: words behind an @ that are nobody's name."""

    calls: Sequence[Call] = ()
    unknown: tuple[str, ...] = ()


def mentions_of(
    incident: Incident, text: str, *, more: Iterable[Callee] = (), strict: bool = True
) -> Calls:
    """Everybody whom the text, or `more`, calls.

    Raises ValidationFailed for a name that several have, and for a person or a whole team that may
    not see the incident; unless `strict` they are left out instead.
    """
    chosen = list(more)
    found = mentions.Found()
    if "@" in text:
        rows, names = _everybody()
        found = mentions.find(text, names)
        chosen += [rows[one.kind, one.id] for one in found.called]
    if strict and found.ambiguous:
        _refuse(f"Several are called “{found.ambiguous[0]}”: write the e-mail address instead")
    calls = _calls(incident, list(dict.fromkeys(chosen)))
    deaf = next((call.callee for call in calls if not call.people), None)
    if strict and deaf is not None:
        _refuse(_reason(deaf))
    return Calls([call for call in calls if call.people], found.unknown)


def mention(note: Note, calls: Calls, *, by: Actor, now: datetime) -> None:
    """Keeps who was called and tells them at once, each once, never the author.

    By their own rules, as if the incident were of medium urgency at most: to wake somebody is what
    pages are for, so quiet hours count. Joins the caller's transaction.
    """
    Mention.objects.bulk_create(_row(note, each.callee) for each in calls.calls)
    told: dict[int, tuple[User, str]] = {}
    for each in calls.calls:
        team = each.callee.name if isinstance(each.callee, Team) else ""
        for user in each.people:
            if user.public_id != by.id and (not team or user.pk not in told):
                told[user.pk] = (user, team)
    requests = [
        _request(
            note,
            user,
            messages.mention_message(note.incident, note.content, by.label, team, user),
        )
        for user, team in told.values()
    ]
    if requests:
        notifications.enqueue(requests, now=now)


def _request(note: Note, user: User, message: messages.Message) -> notifications.PageRequest:
    return notifications.PageRequest(
        subject_kind=SUBJECT,
        subject_id=note.pk,
        page_key=f"note.{user.pk}",
        user=user,
        message=message,
        urgency=message.urgency,
        may_wait=True,
    )


def _row(note: Note, callee: Callee) -> Mention:
    if isinstance(callee, Team):
        return Mention(note=note, team=callee, label=callee.name)
    return Mention(note=note, user=callee, label=str(callee)[:120])


def _everybody() -> tuple[dict[tuple[Kind, int], Callee], list[Named]]:
    rows: dict[tuple[Kind, int], Callee] = {}
    names = []
    for user in User.objects.pageable():
        rows[Kind.PERSON, user.pk] = user
        names.append(Named(Kind.PERSON, user.pk, user.name, user.email))
    for team in Team.objects.all():
        rows[Kind.TEAM, team.pk] = team
        names.append(Named(Kind.TEAM, team.pk, team.name))
    return rows, names


def _calls(incident: Incident, callees: Sequence[Callee]) -> list[Call]:
    """By two or three queries, however many are called and however large their teams are."""
    members = _members([one.pk for one in callees if isinstance(one, Team)])
    meant = [[one] if isinstance(one, User) else members[one.pk] for one in callees]
    everybody = {user.pk: user for people in meant for user in people}
    see = who_may_see(incident, everybody.values()) if everybody else set()
    return [
        Call(callee, [user for user in people if user.pk in see])
        for callee, people in zip(callees, meant, strict=True)
    ]


def _members(teams: Sequence[int]) -> dict[int, list[User]]:
    found: dict[int, list[User]] = defaultdict(list)
    if teams:
        rows = Membership.objects.filter(team__in=teams, receives_pages=True)
        for row in rows.filter(user__in=User.objects.pageable()).select_related("user"):
            found[row.team_id].append(row.user)
    return found


def _reason(callee: Callee) -> str:
    if isinstance(callee, Team):
        return f"Nobody of {callee} may see this incident, so nobody would be told"
    return f"{callee} may not see this incident: only its own and its service's teams do"


def _refuse(reason: str) -> None:
    raise ValidationFailed(reason, field="content", reason="mention")
