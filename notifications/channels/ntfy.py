"""ntfy: a message for a topic; text is plain, so nothing in it is read as markup."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from notifications.channels.base import Outgoing, Sent
from notifications.domain import drills
from notifications.domain.message import REQUEST, Message
from notifications.domain.text import many_lines, one_line
from notifications.domain.words import Channel, Urgency
from notifications.providers import base as providers

TITLE_LENGTH = 250
LONGEST = 3500  # bytes; above 4096 the server turns a message into an attachment
PRIORITIES: dict[str, int] = {Urgency.HIGH: 5, Urgency.MEDIUM: 4, Urgency.LOW: 3}
TAGS: dict[str, str] = {
    Urgency.HIGH: "rotating_light",
    Urgency.MEDIUM: "warning",
    Urgency.LOW: "bell",
}
NEWS_PRIORITY = 2


@dataclass(frozen=True, slots=True)
class Post:
    """`acknowledge` is the one-tap link, posted to by the phone; `click` what a tap opens.

    `answers`: (label, body of the POST) of each button, where there is more than one answer.
    """

    title: str
    text: str
    priority: int
    tags: tuple[str, ...]
    click: str = ""
    acknowledge: str = ""
    label: str = ""
    answers: tuple[tuple[str, str], ...] = ()


def render(message: Message) -> Post:
    page, asks = message.kind in ("page", drills.KIND), message.kind == REQUEST
    tap = next((action for action in message.actions if action.style == "primary"), None)
    return Post(
        title=one_line(message.title, TITLE_LENGTH),
        text=plain_text(message, LONGEST) or one_line(message.title, TITLE_LENGTH),
        priority=NEWS_PRIORITY if message.kind == "news" else PRIORITIES.get(message.urgency, 3),
        tags=(TAGS.get(message.urgency, "bell"),) if page or asks else (),
        click=message.url,
        acknowledge=tap.url if tap and (page or asks) else "",
        label=tap.label if tap else "",
        answers=((_("Accept"), "answer=accept"), (_("Decline"), "answer=decline")) if asks else (),
    )


def send(rendered: Post, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.NTFY, rendered, outgoing)


def provider(address: str) -> str:
    """Needs an account."""
    return ""


def plain_text(message: Message, limit: int) -> str:
    """Facts, body and details as lines, at most `limit` bytes of UTF-8."""
    lines = [f"{one_line(label)}: {one_line(value, 300)}" for label, value in message.facts]
    body = many_lines(message.body)
    lines += ["", *body.split("\n")] if body else []
    details = [f"{one_line(label)}: {one_line(value, 300)}" for label, value in message.details]
    lines += ["", *details] if details else []
    text = "\n".join(lines).strip()
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode()
    return raw[: limit - 3].decode("utf-8", "ignore") + "…"
