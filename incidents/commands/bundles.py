"""Acknowledging a whole bundle: the same command for each of its incidents, one by one."""

import logging
import time
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.domain import roles
from accounts.models import User
from core.actor import Actor
from core.database import AWAY
from core.errors import Forbidden, NotFound, ProductError
from incidents import queries
from incidents.commands.status import acknowledge
from incidents.models import Bundle, BundleMember, Incident, Status

log = logging.getLogger("opsknight.bundles")

AT_ONCE_SECONDS = 1.5  # of a request; the ticker does the rest
PORTION = 50  # incidents that the ticker takes in one go


@dataclass(frozen=True, slots=True)
class Taken:
    """What an acknowledge of a bundle came to: incidents taken now, and those that follow soon."""

    count: int
    left: int

    def __bool__(self) -> bool:
        return bool(self.count or self.left)


def acknowledge_bundle(
    bundle: Bundle, user: User, *, by: Actor, now: datetime, via: str = ""
) -> Taken:
    """`user` takes everything in it that is open and theirs to take.

    The wish is stored first, so a crash ends nothing: the ticker goes on. Incidents that come into
    the bundle later are not meant. Raises Forbidden, NotFound.
    """
    if not roles.may_acknowledge(user.role, own=True):
        raise Forbidden("Your role may not acknowledge incidents")
    with transaction.atomic():
        row = Bundle.objects.select_for_update().filter(pk=bundle.pk).first()
        if row is None:
            raise NotFound("The bundle is gone")
        actor = {**asdict(by), "via": via or by.via}
        last = row.members.order_by("-id").values_list("pk", flat=True).first()
        row.taken_by, row.taken_at = {"actor": actor, "user": user.pk, "last": last or 0}, now
        row.taking = True
        row.save(update_fields=["taken_by", "taken_at", "taking"])
    count, end = 0, time.monotonic() + AT_ONCE_SECONDS
    while time.monotonic() < end and (taken := _take_some(row, now)):
        count += taken
    return Taken(count, _left(row, now).count())


def go_on_taking(now: datetime) -> int:
    """What a request had no time for, or a crash left; returns how many were acknowledged."""
    taken = 0
    for bundle in Bundle.objects.filter(taking=True).order_by("id")[:PORTION]:
        try:
            taken += _take_some(bundle, now)
        except AWAY:
            raise
        except Exception:
            log.exception("bundle %d cannot be acknowledged: what is left stays open", bundle.pk)
            Bundle.objects.filter(pk=bundle.pk).update(taking=False)
    return taken


def _take_some(bundle: Bundle, now: datetime) -> int:
    """A portion, each in a transaction of its own; ends the wish when nothing is left."""
    by = Actor(**bundle.taken_by["actor"])
    taken = 0
    for incident in _left(bundle, now)[:PORTION]:
        try:
            acknowledge(incident, by=by, now=now, via=by.via)
            taken += 1
        except ProductError as error:
            log.warning("#%d of bundle %d: %s", incident.pk, bundle.pk, error.message)
        except AWAY:
            raise
        except Exception:
            log.exception("#%d of bundle %d cannot be acknowledged", incident.pk, bundle.pk)
    if not taken:
        Bundle.objects.filter(pk=bundle.pk, taken_at=bundle.taken_at).update(taking=False)
    return taken


def _left(bundle: Bundle, now: datetime) -> QuerySet[Incident]:
    """Open incidents that were in it when it was taken, as far as they are the person's.

    One that was opened again since is not meant: nobody has seen that it is back.
    """
    wish = bundle.taken_by
    members = BundleMember.objects.filter(bundle=bundle, pk__lte=wish["last"])
    rows = Incident.objects.filter(status=Status.OPEN, pk__in=members.values("incident"))
    # Up to now: a time ahead of ours is that of a clock before it was set back.
    since = {"last_status_change__gt": bundle.taken_at, "last_status_change__lte": now}
    rows = rows.exclude(**since)
    if wish["user"] != bundle.user_id:
        user = User.objects.filter(pk=wish["user"]).first()
        rows = rows.filter(pk__in=queries.visible_to(user).values("pk")) if user else rows.none()
    return rows.order_by("pk")
