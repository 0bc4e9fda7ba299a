"""Audit rows of people and teams, one line to write."""

from datetime import datetime
from typing import Any

from accounts.models import Team, User
from audit import commands as audit
from core.actor import Actor


def trace_user(action: str, user: User, by: Actor, now: datetime, **changes: Any) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="user",
        target_id=user.public_id,
        target_label=user.name,
        changes=changes,
    )


def trace_team(action: str, team: Team, by: Actor, now: datetime, **changes: Any) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="team",
        target_id=team.public_id,
        target_label=team.name,
        changes=changes,
    )
