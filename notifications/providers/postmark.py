"""Postmark: https://postmarkapp.com/developer/api/email-api."""

from typing import Any

from notifications.channels.base import Outgoing, Sent
from notifications.channels.email import RenderedMail
from notifications.domain.words import Channel
from notifications.providers import calls, mail
from notifications.providers.base import Field, Kind

API = "https://api.postmarkapp.com"
# Error codes about the recipient: an address that is none, or one that bounced before.
BAD_ADDRESS = {300, 406}


def send_mail(rendered: RenderedMail, outgoing: Outgoing) -> Sent:
    """Raises ChannelError."""
    headers = {"X-Postmark-Server-Token": mail.setting(outgoing, "token")}
    url = f"{mail.base_url(outgoing, API)}/email"
    answer = calls.post_json(url, _body(rendered, outgoing), headers)
    code = answer.json.get("ErrorCode")
    if answer.ok and not code:
        return Sent("accepted by Postmark", reference=str(answer.json.get("MessageID", "")))
    words = str(answer.json.get("Message", ""))
    said = f"{words} (code {code})" if words and code else words
    raise calls.refused("Postmark", answer, said, bad_address=code in BAD_ADDRESS)


def _body(rendered: RenderedMail, outgoing: Outgoing) -> dict[str, Any]:
    headers = mail.headers(rendered, outgoing)
    body: dict[str, Any] = {
        "From": mail.setting(outgoing, "from"),
        "To": mail.recipient(outgoing),
        "Subject": rendered.subject,
        "TextBody": rendered.text,
        "HtmlBody": rendered.html,
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
        "Metadata": {mail.DELIVERY: str(outgoing.delivery_id)},
        "MessageStream": mail.setting(outgoing, "stream") or "outbound",
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    answers = mail.answer_address(rendered, outgoing)
    return body | ({"ReplyTo": answers} if answers else {})


KIND = Kind(
    key="postmark",
    label="Postmark",
    sends={Channel.EMAIL: send_mail},
    fields=(
        Field("token", "Server API token", hint="Server, API Tokens", secret=True),
        mail.SENDER,
        Field("stream", "Message stream", required=False, default="outbound"),
        Field(
            "webhook_secret",
            "Password of webhooks",
            hint="A word of your own: Postmark sends it with receipts and answers",
            secret=True,
            required=False,
        ),
        mail.BASE,
    ),
    guide="providers/postmark.md",
)
