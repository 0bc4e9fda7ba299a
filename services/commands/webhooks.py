"""Writers of outbound webhooks and chat channels of services."""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import config, egress, language, rate
from core.actor import Actor
from core.api_time import iso
from core.errors import Conflict, ValidationFailed
from notifications import commands as notifications
from notifications.domain import addresses
from notifications.domain.message import Message
from services.commands.records import clean_name, write_audit
from services.models import Service, ServiceWebhook, WebhookType
from services.queries import WEBHOOK_TESTS

TESTS, TEST_WINDOW = 10, 600  # per webhook in so many seconds
CHANNEL_ID = re.compile(r"[CGDUW][A-Z0-9]{6,20}")
CHANGEABLE = frozenset(
    {
        "name",
        "url",
        "channel",
        "secret",
        "enabled",
        "on_triggered",
        "on_acknowledged",
        "on_resolved",
        "on_sla",
    }
)


def offered() -> list[WebhookType]:
    """The types that this installation can send to."""
    return [kind for kind in WebhookType if kind.sends_by in settings.CHANNELS]


def add_webhook(
    service: Service,
    *,
    name: str,
    by: Actor,
    now: datetime,
    type: str = WebhookType.GENERIC,
    url: str = "",
    channel: str = "",
    **more: Any,
) -> ServiceWebhook:
    """`more`: secret, enabled, on_triggered, on_acknowledged, on_resolved, on_sla.

    Raises ValidationFailed for a type that is not offered or an address that is refused.
    """
    if type not in offered():
        options = ", ".join(offered())
        raise ValidationFailed(f"Unknown type “{type}”; possible: {options}", field="type")
    kind = WebhookType(type)
    _known(more)
    place = _place(kind, url, channel)
    with transaction.atomic():
        webhook = ServiceWebhook.objects.create(
            service=service, name=clean_name(name), type=kind, **place, **more
        )
        changes = {"name": webhook.name, "type": kind.value}
        write_audit("service_webhook.created", service, by=by, now=now, changes=changes)
    return webhook


def change_webhook(
    webhook: ServiceWebhook, *, by: Actor, now: datetime, **changes: Any
) -> ServiceWebhook:
    """Changes what is named; the type stays. Raises ValidationFailed like `add_webhook`."""
    _known(changes)
    if "name" in changes:
        changes["name"] = clean_name(changes["name"])
    with transaction.atomic():
        row = ServiceWebhook.objects.select_for_update().filter(pk=webhook.pk).first()
        if row is None:
            raise Conflict("The webhook is not there any more")
        if "url" in changes or "channel" in changes:
            url, channel = changes.get("url", row.url), changes.get("channel", row.channel)
            changes |= _place(WebhookType(row.type), url, channel)
        for field, value in changes.items():
            setattr(row, field, value)
        row.save(update_fields=sorted(changes))
        told = {"name": row.name, "changed": sorted(changes)}
        write_audit("service_webhook.changed", row.service, by=by, now=now, changes=told)
    return row


def delete_webhook(webhook: ServiceWebhook, *, by: Actor, now: datetime) -> None:
    with transaction.atomic():
        changes = {"name": webhook.name}
        write_audit("service_webhook.deleted", webhook.service, by=by, now=now, changes=changes)
        webhook.delete()


def send_webhook_test(webhook: ServiceWebhook, *, by: Actor, now: datetime) -> int:
    """Queues a message that says it is a test; its delivery id. Conflict when asked too often."""
    verdict = rate.hit(f"hook-test:{webhook.pk}", TESTS, now=now.timestamp(), seconds=TEST_WINDOW)
    if not verdict.allowed:
        raise Conflict(f"Too many tests. Try again in {verdict.reset // 60 + 1} minutes.")
    request = notifications.DirectRequest(
        subject_kind=WEBHOOK_TESTS,
        subject_id=webhook.pk,
        page_key=f"test.{now.timestamp():.6f}",
        target_key=webhook.target_key,
        channel=webhook.sends_by,
        address=webhook.address,
        secret=webhook.secret,
        message=_test_message(webhook, by, now),
    )
    with transaction.atomic():
        (delivery,) = notifications.enqueue_direct([request], now=now)
        write_audit("service_webhook.tested", webhook.service, by=by, now=now)
    return delivery.pk


def _test_message(webhook: ServiceWebhook, by: Actor, now: datetime) -> Message:
    service = webhook.service
    url = config.absolute(f"/services/{service.public_id}/")
    body = {
        "event": {"type": "test", "timestamp": iso(now)},
        "service": {"id": service.public_id, "name": service.name},
    }
    spoken = language.resolve("")
    with language.speaking(spoken):
        title = _("Test: {service} announces its incidents here")
        return Message(
            kind="test",
            subject_id=webhook.public_id,
            title=title.format(service=service.name),
            facts=((_("Service"), service.name), (_("Asked for by"), by.label)),
            body=_("Nothing is broken."),
            url=url,
            tag=_("test"),
            data=body if webhook.type == WebhookType.GENERIC else {},
            language=spoken,
            service=service.name,
        )


def _known(values: dict[str, Any]) -> None:
    unknown = sorted(set(values) - CHANGEABLE)
    if unknown:
        raise ValidationFailed(f"Unknown field {unknown[0]}", field=unknown[0])


def _place(kind: WebhookType, url: str, channel: str) -> dict[str, str]:
    """url and channel as they are stored: what the type needs, the other one empty."""
    url, channel = url.strip(), channel.strip()
    if kind == WebhookType.TELEGRAM:
        return {"url": "", "channel": _checked(kind, channel, "channel")}
    if kind == WebhookType.SLACK and channel:
        if url:
            raise ValidationFailed("Give a channel or an address, not both", field="channel")
        if not CHANNEL_ID.fullmatch(channel):
            told = "Enter the channel ID, such as C012AB3CD: channel details, at the very bottom"
            raise ValidationFailed(told, field="channel")
        return {"url": "", "channel": channel}
    checked_as = WebhookType.TEAMS if kind == WebhookType.SLACK else kind  # any https address
    url = _checked(checked_as, url, "url")
    try:
        egress.check_url(url)
    except egress.EgressBlocked as error:
        raise ValidationFailed(f"This address cannot be called: {error}", field="url") from error
    return {"url": url, "channel": ""}


def _checked(kind: WebhookType, address: str, field: str) -> str:
    try:
        return addresses.checked(kind.sends_by, address)
    except ValueError as error:
        raise ValidationFailed(str(error), field=field) from error
