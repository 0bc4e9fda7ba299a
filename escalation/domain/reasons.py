"""Why a step pages a person, or passes somebody over: small values that rows keep, and their words.

A reason is a code and what its sentence needs, nothing else: rows of years ago stay readable. Pure.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from escalation.domain import wording
from escalation.domain.turns import Absence, Member

Reason = Mapping[str, Any]
# Label of the target that stands for whoever the incident was given to.
ASSIGNEE = "assignee"


class Code(StrEnum):
    """What put somebody into a step, and what kept somebody out of it."""

    NAMED = "named"
    ASSIGNED = "assigned"
    ON_CALL = "on_call"
    MEMBER = "member"
    LEAD = "lead"
    FALLBACK = "fallback"
    IN_TURN = "in_turn"
    BUNDLED = "bundled"

    DISABLED = "disabled"
    NO_TEAM_PAGES = "no_team_pages"
    GAP = "gap"
    EMPTY_TEAM = "empty_team"
    NO_LEAD = "no_lead"
    AWAY = "away"
    UNREACHABLE = "unreachable"
    QUIET_START = "quiet_start"


class Fallback(StrEnum):
    """Whose choice the fallback contact was."""

    POLICY = "policy"
    INSTALLATION = "installation"
    ADMINS = "admins"


def reason(code: Code, **facts: Any) -> Reason:
    return {"code": str(code), **facts}


def on_call(schedule: str, rank: int, source: str, name: str) -> Reason:
    """`source`: layer, override or series; `name`: of the layer, or the kind of the override."""
    return reason(Code.ON_CALL, schedule=schedule, rank=rank, source=source, name=name)


def missed_turn(member: Member, team: str) -> Reason:
    """Why the turn of a team went past somebody."""
    absence = member.absence
    return reason(_MISSED[absence], team=team) if absence else reason(Code.IN_TURN, team=team)


def words(found: Reason) -> str:
    """The sentence of a reason; a code that this version does not know is shown as it is."""
    code = str(found.get("code", ""))
    says = _WORDS.get(code)
    return says(found) if says else code.replace("_", " ")


def _plain(text: str) -> Callable[[Reason], str]:
    return lambda found: text.format_map(_Facts(found))


class _Facts(dict[str, Any]):
    """What a sentence names; a fact that an older row lacks does not break it."""

    def __missing__(self, key: str) -> str:
        return "?"


def _on_call(found: Reason) -> str:
    facts = _Facts(found)
    rank = int(found.get("rank", 1))
    place = f"on call in {facts['schedule']}"
    if rank > 1:
        place = wording.behind(str(facts["schedule"]), rank)
    if found.get("source") == "layer":
        return f"{place}: it is their turn in the layer {facts['name']}"
    weekly = "a weekly override" if found.get("source") == "series" else "an override"
    return f"{place}: {weekly} ({str(facts['name']).lower().replace('_', ' ')}) says so"


def _fallback(found: Reason) -> str:
    chosen = {
        Fallback.POLICY: "fallback contact of the policy",
        Fallback.INSTALLATION: "fallback contact of the installation",
    }
    return chosen.get(found.get("of", ""), "active admin, because no fallback contact is set")


_WORDS: dict[str, Callable[[Reason], str]] = {
    Code.NAMED: _plain("named in the step"),
    Code.ASSIGNED: _plain("the incident was assigned to them"),
    Code.ON_CALL: _on_call,
    Code.MEMBER: _plain("member of the team {team}"),
    Code.LEAD: _plain("lead of the team {team}"),
    Code.FALLBACK: _fallback,
    Code.IN_TURN: _plain("member of the team {team}, and it was their turn"),
    Code.AWAY: _plain("away, so the turn of the team {team} went to the next"),
    Code.UNREACHABLE: _plain(
        "no channel reaches them, so the turn of the team {team} went to the next"
    ),
    Code.BUNDLED: _plain(
        "in one message with others, because {pages} pages in {minutes} minutes about one service"
        " are the most"
    ),
    Code.DISABLED: _plain("the person is disabled"),
    Code.NO_TEAM_PAGES: _plain("does not receive the pages of the team {team}"),
    Code.GAP: _plain("nobody is on call in {schedule}"),
    Code.EMPTY_TEAM: _plain("the team {team} has no members"),
    Code.NO_LEAD: _plain("the team {team} has no lead"),
    Code.QUIET_START: _plain("the incident was opened without its first notifications"),
}
_MISSED = {
    Absence.DISABLED: Code.DISABLED,
    Absence.NO_TEAM_PAGES: Code.NO_TEAM_PAGES,
    Absence.AWAY: Code.AWAY,
    Absence.UNREACHABLE: Code.UNREACHABLE,
    Absence.MUTE: Code.UNREACHABLE,
}
