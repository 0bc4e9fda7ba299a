"""Which pages may still reach somebody, whether they went out alone or in a bundle."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from incidents.models import BundleMember, BundleState, Page
from notifications.models import OPEN_STATES, Delivery, DeliveryState

Key = tuple[int, str]  # incident, page key


def nobody_reached(keys: Collection[Key]) -> set[Key]:
    """Those whose step reached nobody on any channel, and nothing is under way any more.

    A page in a bundle that has not left may still reach; one in a bundle that failed does not.
    """
    ids = {incident for incident, _ in keys}
    siblings: dict[str, set[str]] = defaultdict(set)
    for page in Page.objects.filter(incident__in=ids):
        siblings[_step(page.incident_id, page.key)].add(page.key)
    reachable = _reachable(ids)
    return {
        (incident, key)
        for incident, key in keys
        if not any((incident, each) in reachable for each in siblings[_step(incident, key)] | {key})
    }


def _reachable(ids: Collection[int]) -> set[Key]:
    rows = Delivery.objects.filter(subject_kind="incident", subject_id__in=ids)
    states = rows.values_list("subject_id", "page_key", "state")
    found = {(incident, key) for incident, key, state in states if _hope(state)}
    members = BundleMember.objects.filter(incident__in=ids)
    bundled = list(members.values_list("incident_id", "page_key", "bundle_id", "bundle__state"))
    on_their_way = _bundles_with_hope(bundle for _, _, bundle, _ in bundled)
    for incident, key, bundle, state in bundled:
        if state == BundleState.GATHERING or bundle in on_their_way:
            found.add((incident, key))
    return found


def _bundles_with_hope(ids: Iterable[int]) -> set[int]:
    rows = Delivery.objects.filter(subject_kind="bundle", subject_id__in=set(ids))
    return {bundle for bundle, state in rows.values_list("subject_id", "state") if _hope(state)}


def _hope(state: str) -> bool:
    return state in OPEN_STATES or state == DeliveryState.SENT


def _step(incident: int, page_key: str) -> str:
    """All but the person."""
    return f"{incident}:{page_key.rpartition('.')[0]}"
