"""Messages about many incidents at once: the first by name, every one by number."""

import logging
from collections.abc import Sequence

from incidents import links
from incidents.domain import bundle as texts
from incidents.domain.bundle import Item
from incidents.models import Bundle, BundleKind
from notifications.domain.message import Action, Message

log = logging.getLogger("opsknight.paging")

WHY = "this service paged you often just now, so further incidents come together"


def bundle_message(bundle: Bundle, items: Sequence[Item]) -> Message:
    """What one person hears of a bundle. Never raises: then title and link have to do."""
    try:
        return _news(bundle, items) if bundle.kind == BundleKind.NEWS else _page(bundle, items)
    except Exception:
        log.exception("bundle %d is sent without its details", bundle.pk)
        return Message(
            kind="page",
            subject_id=name_of(bundle),
            title=f"{len(items)} incidents",
            urgency=bundle.urgency,
            tag=bundle.urgency,
        )


def name_of(bundle: Bundle) -> str:
    """How answers name it: "B12"."""
    return f"B{bundle.pk}"


def _page(bundle: Bundle, items: Sequence[Item]) -> Message:
    url = links.bundle_url(bundle)
    urgency = texts.highest(item.urgency for item in items)
    return Message(
        kind="page",
        subject_id=name_of(bundle),
        title=f"{len(items)} incidents on {bundle.service.name}",
        facts=(
            ("Service", bundle.service.name),
            ("Urgency", urgency),
            ("Why together", WHY),
        ),
        body=texts.in_short(items),
        details=tuple(texts.lines(items)),
        numbers=texts.ranges(item.number for item in items),
        url=url,
        actions=(
            Action("Acknowledge all", links.acknowledge_bundle_url(bundle), "primary"),
            Action("Open the list", url, "secondary"),
        ),
        urgency=urgency,
        tag=urgency,
    )


def _news(bundle: Bundle, items: Sequence[Item]) -> Message:
    url = links.bundle_url(bundle)
    return Message(
        kind="news",
        subject_id=name_of(bundle),
        title=f"{len(items)} incidents on {bundle.service.name} are over for you",
        facts=(("Service", bundle.service.name),),
        body=texts.in_short(items),
        details=tuple(texts.lines(items)),
        numbers=texts.ranges(item.number for item in items),
        url=url,
        actions=(Action("Open the list", url, "secondary"),),
        urgency="LOW",
        tag="Over",
    )
