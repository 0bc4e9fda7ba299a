"""Amazon SES, its API version 2: https://docs.aws.amazon.com/ses/latest/APIReference-V2/."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from typing import Any

from core import clock
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.channels.email import RenderedMail, compose
from notifications.domain.words import Channel
from notifications.providers import aws, calls, mail
from notifications.providers.base import Field, Kind

REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
JSON = "application/json"


def send_mail(rendered: RenderedMail, outgoing: Outgoing) -> Sent:
    """Sends the whole mail as it is, with all its headers. Raises ChannelError."""
    region = mail.setting(outgoing, "region")
    if not REGION.fullmatch(region):
        raise ChannelError("Amazon SES: no such region", permanent=True, provider_fault=True)
    base = mail.base_url(outgoing, f"https://email.{region}.amazonaws.com")
    url = f"{base}/v2/email/outbound-emails"
    body = json.dumps(_body(rendered, outgoing)).encode()
    credentials = aws.Credentials(
        mail.setting(outgoing, "access_key"), mail.setting(outgoing, "secret_key"), region
    )
    headers = aws.signed(credentials, "ses", url, body, clock.now(), type=JSON)
    answer = calls.call("POST", url, headers=headers, content=body)
    if answer.ok:
        return Sent("accepted by Amazon SES", reference=str(answer.json.get("MessageId", "")))
    raise calls.refused("Amazon SES", answer, _said(answer))


def _body(rendered: RenderedMail, outgoing: Outgoing) -> dict[str, Any]:
    sender = mail.setting(outgoing, "from")
    content = compose(rendered, replace(outgoing, mail=replace(outgoing.mail, sender=sender)))
    body: dict[str, Any] = {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": [mail.recipient(outgoing)]},
        "Content": {"Raw": {"Data": b64encode(content).decode()}},
        "EmailTags": [{"Name": mail.DELIVERY, "Value": str(outgoing.delivery_id)}],
    }
    name = mail.setting(outgoing, "configuration_set")
    return body | ({"ConfigurationSetName": name} if name else {})


def _said(answer: calls.Answer) -> str:
    kind = answer.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    words = str(answer.json.get("message") or answer.json.get("Message") or "")
    return f"{kind}: {words}" if kind and words else kind or words


KIND = Kind(
    key="ses",
    label="Amazon SES",
    sends={Channel.EMAIL: send_mail},
    fields=(
        Field("access_key", "Access key ID", hint="Of an identity that may ses:SendEmail"),
        Field("secret_key", "Secret access key", secret=True),
        Field("region", "Region", hint="eu-central-1"),
        mail.SENDER,
        Field("configuration_set", "Configuration set", hint="For receipts", required=False),
        Field(
            "topic",
            "Topic of receipts",
            hint="arn:aws:sns:…, the only one that is believed",
            required=False,
        ),
        mail.BASE,
    ),
    guide="providers/ses.md",
)
