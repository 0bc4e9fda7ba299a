"""The Slack app: posts cards, changes them in place, sends direct messages, knows members' mail.

Errors by name: https://docs.slack.dev/reference/methods/chat.postMessage
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from core import clock
from notifications.channels import calls
from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.channels.slack import RenderedSlack
from notifications.domain.retry import ATTEMPT_SECONDS
from notifications.domain.words import Channel
from notifications.providers.base import Field, Kind, account_of

API = "https://slack.com/api"
SHORTEST = 0.3  # seconds in which a call may hope for an answer
# The account itself is broken: another one may do, and an admin must look.
TOKEN_ERRORS = {
    "account_inactive",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
PASSING = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
# Slack does not like the look of the card: the words alone must do.
BAD_CARD = {"invalid_attachments", "invalid_blocks", "invalid_blocks_format", "msg_too_long"}
# The earlier card cannot be changed any more.
CARD_GONE = {"cant_update_message", "edit_window_closed", "message_not_found", "channel_not_found"}
# Somebody of another company may write any address into a profile of their own.
NOT_OURS = ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted")
HINTS = {
    "channel_not_found": "no such channel, or the app is not in it",
    "not_in_channel": "invite the app to the channel",
    "is_archived": "the channel is archived",
    "invalid_auth": "the bot token is wrong",
    "account_inactive": "the app was removed from the workspace",
    "token_revoked": "the bot token was revoked",
    "missing_scope": "the app lacks a scope: see its guide",
    "user_not_found": "no such member",
    "ratelimited": "too many messages at once",
}


class SlackRefused(ChannelError):
    """An error of Slack; `word` is its name for it."""

    def __init__(self, word: str, **more: Any) -> None:
        hint = HINTS.get(word, "")
        super().__init__(f"Slack: {word}" + (f", {hint}" if hint else ""), **more)
        self.word = word


@dataclass(frozen=True, slots=True)
class Api:
    """Calls of one workspace, all of them together over at `end` (monotonic)."""

    account: Account
    end: float

    def call(
        self, method: str, body: dict[str, Any] | None, *, http: str = "POST"
    ) -> dict[str, Any]:
        """The answer of a success. Raises SlackRefused, or ChannelError when there is none."""
        left = self.end - clock.monotonic()
        if left < SHORTEST:
            raise ChannelError("Slack: no time left for another call")
        base = (self.account.fields.get("base_url") or API).rstrip("/")
        bearer = {"Authorization": f"Bearer {self.account.fields.get('bot_token', '')}"}
        answer = calls.call(f"{base}/{method}", body, method=http, headers=bearer, timeout=left)
        said = calls.json_of(answer)
        if answer.status == 429:
            wait = calls.wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date"))
            raise SlackRefused("ratelimited", retry_after=wait, throttled=True)
        if not calls.is_success(answer):
            raise calls.refusal(answer, "Slack")
        if said.get("ok") is True:
            return said
        raise _refusal(_word(said))


def _refusal(word: str) -> SlackRefused:
    if word in PASSING or word in BUSY:
        return SlackRefused(word)
    return SlackRefused(word, permanent=True, provider_fault=word in TOKEN_ERRORS)


def _word(said: dict[str, Any]) -> str:
    word = said.get("error")
    return (
        word[:60]
        if isinstance(word, str) and word.isascii() and word.isprintable()
        else "no reason"
    )


def send(rendered: RenderedSlack, outgoing: Outgoing) -> Sent:
    """Changes the earlier card, or posts a new one. Raises ChannelError.

    The reference is "channel:ts": where the card stands.
    """
    api = Api(account_of(outgoing), clock.monotonic() + ATTEMPT_SECONDS)
    body = rendered.body(interactive=True)
    channel, _, ts = rendered.edits.partition(":")
    if ts:
        try:
            api.call("chat.update", {**body, "channel": channel, "ts": ts})
        except SlackRefused as refused:
            if refused.word not in CARD_GONE:
                raise
        else:
            return _changed(api, rendered, channel, ts)
        if rendered.only_edits:
            return Sent("the card in Slack is gone")
    said = _post(api, {**body, "channel": outgoing.address})
    return Sent("accepted by Slack", f"{said.get('channel', '')}:{said.get('ts', '')}"[:120])


def _post(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return api.call("chat.postMessage", body)
    except SlackRefused as refused:
        if refused.word in BAD_CARD:
            plain = {name: body[name] for name in body if name != "attachments"}
            return api.call("chat.postMessage", plain)
        if refused.word != "not_in_channel":
            raise
        first = refused
    try:
        api.call("conversations.join", {"channel": body["channel"]})
    except SlackRefused:
        raise first from None  # a private channel: only a member can invite the app
    return api.call("chat.postMessage", body)


def _changed(api: Api, rendered: RenderedSlack, channel: str, ts: str) -> Sent:
    """Those who follow the thread are told; the card says it too, so a failure is only noted."""
    detail = "the card in Slack was changed"
    if not rendered.only_edits:
        words = {"text": rendered.text, "mrkdwn": False, "parse": "none", "link_names": False}
        try:
            api.call("chat.postMessage", {**words, "channel": channel, "thread_ts": ts})
        except ChannelError as error:
            detail += f"; its thread was not told: {error.reason}"
    return Sent(detail, rendered.edits)


def member_email(account: Account, member: str, *, seconds: float) -> str:
    """The address that Slack knows of a member; "" for a bot, a guest without one, a stranger.

    Raises ChannelError when Slack does not answer in time.
    """
    try:
        api = Api(account, clock.monotonic() + seconds)
        said = api.call(f"users.info?{urlencode({'user': member})}", None, http="GET")
    except SlackRefused as refused:
        if refused.permanent and not refused.provider_fault:
            return ""
        raise
    user = said.get("user")
    if not isinstance(user, dict) or any(user.get(name) for name in NOT_OURS):
        return ""
    profile = user.get("profile")
    email = profile.get("email") if isinstance(profile, dict) else ""
    return email if isinstance(email, str) else ""


KIND = Kind(
    key="slack",
    label="Slack app",
    sends={Channel.SLACK: send},
    fields=(
        Field(
            "bot_token",
            "Bot token",
            "Begins with xoxb-: OAuth & Permissions, after the app is installed",
            secret=True,
            env="SLACK_BOT_TOKEN",
            begins="xoxb-",
        ),
        Field(
            "signing_secret",
            "Signing secret",
            "Basic Information, App Credentials: proves that a click comes from Slack",
            secret=True,
            env="SLACK_SIGNING_SECRET",
        ),
        Field(
            "base_url",
            "API address",
            "Only for a proxy or a test server",
            required=False,
            leads=True,
            env="SLACK_API_BASE",
        ),
    ),
    guide="providers/slack.md",
)
