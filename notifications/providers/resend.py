"""Resend: https://resend.com/docs/api-reference/emails/send-email."""

from typing import Any

from notifications.channels.base import Outgoing, Sent
from notifications.channels.email import RenderedMail
from notifications.domain.words import Channel
from notifications.providers import calls, mail
from notifications.providers.base import Field, Kind

API = "https://api.resend.com"


def send_mail(rendered: RenderedMail, outgoing: Outgoing) -> Sent:
    """Raises ChannelError. A repetition carries the same key, so it comes only once."""
    headers = {
        "Authorization": f"Bearer {mail.setting(outgoing, 'api_key')}",
        "Idempotency-Key": f"opsknight-{outgoing.delivery_id}-{outgoing.subject_kind}",
    }
    url = f"{mail.base_url(outgoing, API)}/emails"
    answer = calls.post_json(url, _body(rendered, outgoing), headers)
    if answer.ok:
        return Sent("accepted by Resend", reference=str(answer.json.get("id", "")))
    said = str(answer.json.get("message", ""))
    bad = answer.status == 422 and "`to`" in said
    raise calls.refused("Resend", answer, said, bad_address=bad)


def _body(rendered: RenderedMail, outgoing: Outgoing) -> dict[str, Any]:
    body: dict[str, Any] = {
        "from": mail.setting(outgoing, "from"),
        "to": [mail.recipient(outgoing)],
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "headers": mail.headers(rendered, outgoing),
        "tags": [{"name": mail.DELIVERY, "value": str(outgoing.delivery_id)}],
    }
    answers = mail.answer_address(rendered, outgoing)
    return body | ({"reply_to": answers} if answers else {})


KIND = Kind(
    key="resend",
    label="Resend",
    sends={Channel.EMAIL: send_mail},
    per_minute=300,  # "5 requests per second per team" by default
    fields=(
        Field("api_key", "API key", hint="API Keys: Sending access is enough", secret=True),
        mail.SENDER,
        Field(
            "webhook_secret",
            "Signing secret",
            hint="Webhooks: whsec_…, proves receipts",
            secret=True,
            required=False,
        ),
        mail.BASE,
    ),
    guide="providers/resend.md",
)
