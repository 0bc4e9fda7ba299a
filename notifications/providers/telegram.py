"""Telegram by a bot of one's own: https://core.telegram.org/bots/api."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core import clock
from core.domain.phrase import mark
from notifications import links
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.channels.telegram import Chat
from notifications.domain import drills
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.words import Channel
from notifications.providers import calls
from notifications.providers.base import Field, Kind, account_of

API = "https://api.telegram.org"
WHO = "Telegram"
# What Telegram says of a chat that no bot will reach again.
GONE = ("chat not found", "bot was blocked", "user is deactivated", "can't initiate", "peer_id")
# … and of a message that it would take in a plainer shape.
SHAPE = ("can't parse entities", "button", "reply markup")
UNCHANGED = ("message is not modified", "message to edit not found", "can't be edited")
WITH_BUTTONS = ("incident", "bundle", "incident-card", drills.KIND)  # what can be answered
LABELS = {
    "acknowledge": mark("Acknowledge"),
    "resolve": mark("Resolve"),
    "escalate": mark("Escalate"),
    "accept": mark("Accept"),
    "decline": mark("Decline"),
    drills.ARRIVED: mark("It arrived"),
}
UPDATES = ("message", "callback_query")


def api(account: Account, method: str, *, seconds: float = ATTEMPT_SECONDS, **payload: Any) -> Any:
    """The `result` of one method of the Bot API. Raises ChannelError."""
    base = account.fields.get("base_url") or API
    url = f"{base.rstrip('/')}/bot{account.fields['token']}/{method}"
    answer = calls.post_json(url, payload, {}, seconds=seconds)
    if answer.ok and answer.json.get("ok") is True:
        return answer.json.get("result")
    said = str(answer.json.get("description", ""))
    gone = answer.status in (400, 403) and any(words in said.lower() for words in GONE)
    error = calls.refused(WHO, answer, _hint(answer.status, said), bad_address=gone)
    wait = _parameters(answer.json).get("retry_after")
    error.retry_after = float(wait) if isinstance(wait, int) else error.retry_after
    if answer.status == 400:  # about this message or this chat; the bot itself is well
        error.provider_fault = False
    raise error


def send_chat(rendered: Chat, outgoing: Outgoing) -> Sent:
    """The message with its buttons. One that Telegram cannot read is sent plainer, not lost."""
    account = account_of(outgoing)
    until = clock.monotonic() + ATTEMPT_SECONDS
    payload: dict[str, Any] = {
        "chat_id": int(outgoing.address),
        "text": rendered.text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": _keyboard(rendered, outgoing)},
    }
    if rendered.edits:
        return _edit(account, payload, rendered.edits)
    payload["disable_notification"] = rendered.quiet
    try:
        result = api(account, "sendMessage", **payload)
    except ChannelError as error:
        if not any(words in error.reason.lower() for words in SHAPE):
            raise
        plain = {"chat_id": payload["chat_id"], "text": rendered.plain}
        left = max(until - clock.monotonic(), 1.0)
        result = api(account, "sendMessage", seconds=left, **plain)
    return Sent("accepted by Telegram", reference=str(result.get("message_id", "")))


def _edit(account: Account, payload: Mapping[str, Any], message: int) -> Sent:
    """The message that stands there already. One that is gone or the same needs no change."""
    try:
        api(account, "editMessageText", **payload, message_id=message)
    except ChannelError as error:
        if not any(words in error.reason.lower() for words in UNCHANGED):
            raise
        return Sent(error.reason)
    return Sent("changed in Telegram")


def _keyboard(rendered: Chat, outgoing: Outgoing) -> list[list[dict[str, str]]]:
    """Rows of buttons: what can be done, and the way to the page where the phone can open it."""
    number = rendered.delivery or outgoing.delivery_id
    row = [
        {
            "text": _(LABELS.get(verb, verb)),
            "callback_data": links.button(verb, number, outgoing.address),
        }
        for verb in rendered.verbs
        if outgoing.subject_kind in WITH_BUTTONS
    ]
    way = [{"text": _("Open in OpsKnight"), "url": rendered.url}] if _opens(rendered.url) else []
    return [buttons for buttons in (row, way) if buttons]


def connect(account: Account, origin: str) -> str:
    """Asks who the bot is and has its updates sent here; without https they are fetched instead.

    Returns a sentence for the admin. Raises ChannelError.
    """
    name = str(api(account, "getMe").get("username", ""))
    wanted = account.fields["username"].removeprefix("@")
    if name.lower() != wanted.lower():
        reason = f"this token belongs to @{name}, not to @{wanted}"
        raise ChannelError(reason, permanent=True, provider_fault=True)
    if not takes_calls(origin):
        api(account, "deleteWebhook")
        return f"@{name} is ready. Answers are fetched, because there is no public https address."
    api(
        account,
        "setWebhook",
        url=f"{origin}/api/inbound/telegram/{account.key}",
        secret_token=links.webhook_secret(account.key, account.fields["token"]),
        allowed_updates=UPDATES,
    )
    return f"@{name} is ready. Its updates are sent to {origin}."


def takes_calls(origin: str) -> bool:
    """Telegram calls https only, on a public name."""
    return origin.startswith("https://") and _opens(origin)


def _opens(url: str) -> bool:
    """Telegram refuses a whole message over a button to a name without a dot, such as localhost."""
    return "." in (urlsplit(url).hostname or "")


def _hint(status: int, said: str) -> str:
    if status in (401, 404):
        return "the token of the bot is wrong"
    if status == 409:
        return "another program fetches the updates of this bot"
    return said.removeprefix("Bad Request: ").removeprefix("Forbidden: ")


def _parameters(body: Mapping[str, Any]) -> Mapping[str, Any]:
    value = body.get("parameters")
    return value if isinstance(value, dict) else {}


KIND = Kind(
    key="telegram",
    label="Telegram bot",
    sends={Channel.TELEGRAM: send_chat},
    per_minute=1800,  # a bot is held to some 30 messages a second
    fields=(
        Field("token", "Token of the bot", hint="BotFather, /newbot", secret=True),
        Field("username", "Name of the bot", hint="As BotFather shows it: my_pager_bot"),
        Field(
            "base_url",
            "API address",
            hint="Only for a proxy or a test server",
            required=False,
            leads=True,
        ),
    ),
    guide="providers/telegram.md",
    connect=connect,
)
