"""ntfy: push messages by topic, at ntfy.sh or a server of one's own. https://docs.ntfy.sh."""

from typing import Any

from django.utils.translation import gettext as _

from notifications.channels.base import Outgoing, Sent
from notifications.channels.ntfy import Post
from notifications.domain.words import Channel
from notifications.providers import calls
from notifications.providers.base import Field, Kind, account_of

SERVER = "https://ntfy.sh"


def send_post(rendered: Post, outgoing: Outgoing) -> Sent:
    """Publishes to the topic. Raises ChannelError."""
    fields = account_of(outgoing).fields
    token = fields.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = (fields.get("server") or SERVER).rstrip("/") + "/"
    answer = calls.post_json(url, _body(rendered, outgoing.address), headers)
    if answer.ok:
        return Sent("accepted by ntfy", reference=str(answer.json.get("id", "")))
    said = str(answer.json.get("error", ""))
    if answer.status == 401:
        said = "the access token is wrong"
    if answer.status == 403:
        said = "the token may not write to this topic"
    code = answer.json.get("code")
    raise calls.refused("ntfy", answer, f"{said}, code {code}" if said and code else said)


def _body(rendered: Post, topic: str) -> dict[str, Any]:
    body = {
        "topic": topic,
        "title": rendered.title,
        "message": rendered.text,
        "priority": rendered.priority,
        "tags": list(rendered.tags),
        "actions": _actions(rendered),
    }
    return body | ({"click": rendered.click} if rendered.click else {})


def _actions(rendered: Post) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = []
    if rendered.acknowledge:
        form = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
        for label, body in rendered.answers or ((rendered.label or _("Acknowledge"), ""),):
            action = {
                "action": "http",
                "label": label,
                "url": rendered.acknowledge,
                "method": "POST",
                "clear": True,
            }
            actions.append(action | ({"body": body, **form} if body else {}))
    if rendered.click:
        actions.append({"action": "view", "label": _("Open"), "url": rendered.click})
    return actions


KIND = Kind(
    key="ntfy",
    label="ntfy",
    sends={Channel.NTFY: send_post},
    fields=(
        Field(
            "server",
            "Server",
            hint="Or one of your own",
            required=False,
            default=SERVER,
            leads=True,
        ),
        Field(
            "token",
            "Access token",
            hint="ntfy: Account, Access tokens. Empty for open topics",
            secret=True,
            required=False,
        ),
    ),
    guide="providers/ntfy.md",
)
