"""SendGrid: https://www.twilio.com/docs/sendgrid/api-reference/mail-send."""

from typing import Any

from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.channels.email import RenderedMail
from notifications.domain.words import Channel
from notifications.providers import calls, mail
from notifications.providers.base import Field, Kind

API = "https://api.sendgrid.com"


def send_mail(rendered: RenderedMail, outgoing: Outgoing) -> Sent:
    """Raises ChannelError. Links stay as they are: nobody but the person may follow them."""
    headers = {"Authorization": f"Bearer {mail.setting(outgoing, 'api_key')}"}
    url = f"{mail.base_url(outgoing, API)}/v3/mail/send"
    answer = calls.post_json(url, _body(rendered, outgoing), headers)
    if answer.ok:
        return Sent("accepted by SendGrid", reference=answer.headers.get("X-Message-Id", ""))
    raise _refused(answer)


def _body(rendered: RenderedMail, outgoing: Outgoing) -> dict[str, Any]:
    name, address = mail.sender(outgoing)
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": mail.recipient(outgoing)}]}],
        "from": {"email": address, "name": name} if name else {"email": address},
        "subject": rendered.subject,
        "content": [
            {"type": "text/plain", "value": rendered.text},
            {"type": "text/html", "value": rendered.html},
        ],
        "headers": mail.headers(rendered, outgoing),
        "custom_args": {mail.DELIVERY: str(outgoing.delivery_id)},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
        },
    }
    answers = mail.answer_address(rendered, outgoing)
    return body | ({"reply_to": {"email": answers}} if answers else {})


def _refused(answer: calls.Answer) -> ChannelError:
    errors = answer.json.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    found = first if isinstance(first, dict) else {}
    field = str(found.get("field", ""))
    bad = answer.status == 400 and ".to" in field
    return calls.refused("SendGrid", answer, str(found.get("message", "")), bad_address=bad)


KIND = Kind(
    key="sendgrid",
    label="SendGrid",
    sends={Channel.EMAIL: send_mail},
    fields=(
        Field("api_key", "API key", hint="Settings, API Keys: Mail Send is enough", secret=True),
        mail.SENDER,
        Field(
            "public_key",
            "Verification key",
            hint="Settings, Mail Settings, Event Webhook: proves receipts",
            required=False,
        ),
        Field(
            "inbound_secret",
            "Password of answers",
            hint="A word of your own for the Inbound Parse address",
            secret=True,
            required=False,
        ),
        mail.BASE,
    ),
    guide="providers/sendgrid.md",
)
