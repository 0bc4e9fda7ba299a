"""Mailgun: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages."""

from notifications.channels.base import Outgoing, Sent
from notifications.channels.email import RenderedMail
from notifications.domain.words import Channel
from notifications.providers import calls, mail
from notifications.providers.base import Field, Kind

REGIONS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}


def send_mail(rendered: RenderedMail, outgoing: Outgoing) -> Sent:
    """Raises ChannelError."""
    api = REGIONS.get(mail.setting(outgoing, "region"), REGIONS["us"])
    url = f"{mail.base_url(outgoing, api)}/v3/{mail.setting(outgoing, 'domain')}/messages"
    headers = {"Authorization": calls.basic("api", mail.setting(outgoing, "api_key"))}
    answer = calls.post_form(url, _form(rendered, outgoing), headers)
    if answer.ok:
        reference = str(answer.json.get("id", "")).strip("<>")
        return Sent("accepted by Mailgun", reference=reference)
    said = str(answer.json.get("message", ""))
    bad = answer.status == 400 and said.startswith("to parameter")
    raise calls.refused("Mailgun", answer, said, bad_address=bad)


def _form(rendered: RenderedMail, outgoing: Outgoing) -> dict[str, str]:
    form = {
        "from": mail.setting(outgoing, "from"),
        "to": mail.recipient(outgoing),
        "subject": rendered.subject,
        "text": rendered.text,
        "html": rendered.html,
        "o:tracking": "no",
        f"v:{mail.DELIVERY}": str(outgoing.delivery_id),
    }
    form |= {f"h:{name}": value for name, value in mail.headers(rendered, outgoing).items()}
    answers = mail.answer_address(rendered, outgoing)
    return form | ({"h:Reply-To": answers} if answers else {})


KIND = Kind(
    key="mailgun",
    label="Mailgun",
    sends={Channel.EMAIL: send_mail},
    fields=(
        Field("api_key", "Sending key", hint="Domain settings, Sending keys", secret=True),
        Field("domain", "Domain", hint="mg.example.com"),
        Field(
            "region",
            "Region",
            default="us",
            choices=(("us", "United States"), ("eu", "European Union")),
        ),
        mail.SENDER,
        Field(
            "signing_key",
            "Webhook signing key",
            hint="API security: proves receipts and answers",
            secret=True,
            required=False,
        ),
        mail.BASE,
    ),
    guide="providers/mailgun.md",
)
