"""The team that owns a schedule, as the JSON API names it."""

from accounts.models import Team
from core.errors import ValidationFailed


def team_of(public_id: str | None) -> Team | None:
    """Raises ValidationFailed when there is no such team."""
    if public_id is None:
        return None
    team = Team.objects.filter(public_id=public_id).first()
    if team is None:
        raise ValidationFailed("There is no such team", field="teamId", reason="does_not_exist")
    return team
