"""Asked by the sender right before a bundle goes out: is it still wanted, does it say what is so?

Between departure and sending lie milliseconds, or the whole outage of a provider.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from accounts.models import User
from incidents.models import Bundle, BundleKind, BundleMember
from incidents.shield.departure import message_of, still_wanted, wanted

Asked = Sequence[tuple[int, int, str, int | None]]


def unwanted(asked: Asked, now: datetime) -> dict[int, str]:
    """The guard of bundles: delivery id -> why it must not be sent. Nothing left, nobody told."""
    left = _left({bundle for _, bundle, _, _ in asked})
    people = {user for *_, user in asked if user is not None}
    known = set(User.objects.pageable().filter(pk__in=people).values_list("pk", flat=True))
    refused = {}
    for delivery, bundle, _, user in asked:
        if user is not None and user not in known:
            refused[delivery] = "the person is disabled"
        elif not left.get(bundle):
            refused[delivery] = "all incidents of the bundle are over"
    return refused


def renewed(asked: Asked, now: datetime) -> dict[int, dict[str, Any]]:
    """Delivery id -> the message as it has to be now, where members fell out since."""
    ids = {bundle for _, bundle, _, _ in asked}
    left = _left(ids)
    bundles = Bundle.objects.select_related("user", "service").in_bulk(ids)
    fresh: dict[int, dict[str, Any]] = {}
    for pk, bundle in bundles.items():
        members = wanted(bundle) if left.get(pk) and left[pk] != bundle.named else []
        if members:
            fresh[pk] = message_of(bundle, members, now).to_json()
    return {delivery: fresh[pk] for delivery, pk, _, _ in asked if pk in fresh}


def not_over(ids: Collection[int]) -> set[int]:
    """Bundles of which something is not resolved: nothing about them is taken away."""
    rows = BundleMember.objects.filter(bundle_id__in=ids).exclude(incident__status="RESOLVED")
    return set(rows.order_by().values_list("bundle_id", flat=True).distinct())


def _left(ids: Collection[int]) -> dict[int, int]:
    """How many incidents each bundle still has to tell of."""
    found: dict[int, int] = {}
    for kind in BundleKind:
        rows = still_wanted(BundleMember.objects.filter(bundle_id__in=ids, bundle__kind=kind), kind)
        counted = rows.order_by().values_list("bundle_id")
        found |= dict(counted.annotate(n=Count("incident_id", distinct=True)))
    return found
