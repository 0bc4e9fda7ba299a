"""Readers of the board: public links, and the schedules that they show."""

from django.db.models import QuerySet

from core import config
from core.crypto import key_hash
from schedules.models import BoardLink, Schedule
from schedules.queries.rules import live


def board_links() -> QuerySet[BoardLink]:
    """The public links that work as far as they go, the newest first."""
    return BoardLink.objects.filter(revoked_at=None).prefetch_related("schedules").order_by("-id")


def board_link_for(token: str) -> BoardLink | None:
    """The live link behind a public address; None while public boards are switched off."""
    if not config.get("public_boards"):
        return None
    return BoardLink.objects.filter(token_hash=key_hash(token), revoked_at=None).first()


def schedules_of_board(link: BoardLink) -> QuerySet[Schedule]:
    """The live schedules that were picked; all of them when none was ever picked."""
    picked = list(link.schedules.values_list("pk", flat=True))
    return live().filter(pk__in=picked) if picked else live()
