"""Messages about many incidents at once: the first by name, every one by number."""

import logging
from collections.abc import Sequence

from django.utils.translation import gettext as _

from core import language
from core.domain.phrase import mark
from incidents import links
from incidents.domain import bundle as texts
from incidents.domain.bundle import Item
from incidents.messages import URGENCIES
from incidents.models import Bundle
from notifications.domain.message import Action, Message

log = logging.getLogger("opsknight.paging")

LAST_RESORT = mark("the policy of each has ended and nobody has taken them")
WHY = mark("this service paged you often just now, so further incidents come together")


def bundle_message(bundle: Bundle, items: Sequence[Item]) -> Message:
    """What one person hears of a bundle. Never raises: then title and link have to do."""
    try:
        with language.speaking_to(bundle.user.language):
            return _page(bundle, items) if bundle.pages else _news(bundle, items)
    except Exception:
        log.exception("bundle %d is sent without its details", bundle.pk)
        return Message(
            kind="page",
            subject_id=name_of(bundle),
            title=_title(mark("{count} incidents"), bundle, items),
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
        title=_title(mark("{count} incidents on {service}"), bundle, items),
        facts=(
            (_("Service"), bundle.service.name),
            (_("Urgency"), _(URGENCIES[urgency])),
            *(((_("Why you"), _(LAST_RESORT)),) if bundle.last_resort else ()),
            (_("Why together"), _(WHY)),
        ),
        body=texts.in_short(items, _),
        details=tuple(texts.lines(items, _)),
        numbers=texts.ranges(item.number for item in items),
        url=url,
        actions=(
            Action(_("Acknowledge all"), links.acknowledge_bundle_url(bundle), "primary"),
            Action(_("Open the list"), url, "secondary"),
        ),
        urgency=urgency,
        tag=_(URGENCIES[urgency]),
        service=bundle.service.name,
        state="triggered",
    )


def _title(text: str, bundle: Bundle, items: Sequence[Item]) -> str:
    return _(text).format(count=len(items), service=bundle.service.name)


def _news(bundle: Bundle, items: Sequence[Item]) -> Message:
    url = links.bundle_url(bundle)
    return Message(
        kind="news",
        subject_id=name_of(bundle),
        title=_title(mark("{count} incidents on {service} are taken or over"), bundle, items),
        facts=((_("Service"), bundle.service.name),),
        body=texts.in_short(items, _),
        details=tuple(texts.lines(items, _)),
        numbers=texts.ranges(item.number for item in items),
        url=url,
        actions=(Action(_("Open the list"), url, "secondary"),),
        urgency="LOW",
        tag=_("Over"),
        service=bundle.service.name,
        state="resolved",
    )


def over_message(bundle: Bundle, code: str) -> Message:
    """Takes the place of a push about a bundle: nothing in it is open any more. In the language."""
    url = links.bundle_url(bundle)
    with language.speaking(code):
        title = _("{count} incidents on {service} are taken or over")
        return Message(
            kind="news",
            subject_id=name_of(bundle),
            title=title.format(count=bundle.count, service=bundle.service.name),
            facts=((_("Service"), bundle.service.name),),
            url=url,
            urgency="LOW",
            tag=_("Over"),
            service=bundle.service.name,
            state="resolved",
            language=code,
        )
