"""Discord: an embed by POST to a webhook; news change the first message in place.

Markdown is escaped by backslashes, and nobody can be mentioned whatever the text says. Sizes:
https://docs.discord.com/developers/resources/message#embed-object-embed-limits
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.utils.translation import gettext as _

from core import via
from notifications.channels import calls
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.domain.card import Card, Link, card_of
from notifications.domain.markdown import for_discord as escaped
from notifications.domain.message import Message
from notifications.domain.text import shorten

TITLE, NAME, VALUE, DESCRIPTION = 256, 256, 1024, 3000
IN_ALL = 5500  # Discord allows 6000 characters in one embed
GONE = {404}


@dataclass(frozen=True, slots=True)
class RenderedDiscord:
    body: dict[str, Any]
    edits: str = ""
    only_edits: bool = False


def render(message: Message) -> RenderedDiscord:
    card = card_of(message, _)
    body = {"embeds": [_embed(card)], "allowed_mentions": {"parse": []}}
    return RenderedDiscord(body, card.edits, card.only_edits)


def send(rendered: RenderedDiscord, outgoing: Outgoing) -> Sent:
    """A new message, or the earlier one changed; a new one too when that one is gone."""
    if rendered.edits.isdecimal():
        place = _url(outgoing.address, f"/messages/{rendered.edits}", "")
        answer = calls.call(place, rendered.body, method="PATCH")
        if calls.is_success(answer):
            return Sent("the message in Discord was changed", rendered.edits)
        if answer.status not in GONE:
            raise _refused(answer)
        if rendered.only_edits:
            return Sent("the message in Discord is gone")
    answer = calls.call(_url(outgoing.address, "", "wait=true"), rendered.body)
    if not calls.is_success(answer):
        raise _refused(answer)
    return Sent("accepted by Discord", str(calls.json_of(answer).get("id") or "")[:120])


def provider(address: str) -> str:
    return calls.host_of(address)


def _refused(answer: calls.Response) -> ChannelError:
    said = calls.json_of(answer)
    error = calls.refusal(answer, "Discord", _code(said))
    wait = said.get("retry_after")
    if answer.status == 429 and isinstance(wait, int | float):
        error.retry_after = float(wait)
    return error


def _code(said: dict[str, Any]) -> str:
    code = said.get("code")
    return f"code {code}" if isinstance(code, int) and code else ""


def _url(address: str, path: str, query: str) -> str:
    parts = urlsplit(address)
    asked = "&".join(part for part in (parts.query, query) if part)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path, query=asked))


def _embed(card: Card) -> dict[str, Any]:
    links = " \u00b7 ".join(_link(link) for link in card.links)
    title = _cut(card.heading, TITLE)
    fields: list[dict[str, Any]] = [
        {"name": _cut(name, NAME), "value": _cut(value, VALUE), "inline": len(value) < 40}
        for name, value in card.facts
    ]
    used = len(title) + len(links) + sum(len(f["name"]) + len(f["value"]) for f in fields)
    room = max(0, min(DESCRIPTION, IN_ALL - used))
    text = _cut(card.body, room) if card.body and room > 20 else ""
    description = "\n\n".join(part for part in (text, links) if part)
    embed: dict[str, Any] = {"title": title, "color": card.colour, "fields": fields}
    if card.url:
        embed["url"] = card.url
    return embed | ({"description": description} if description else {})


def _cut(text: str, limit: int) -> str:
    """Escaped and at most `limit` long: escaping can double a text, so it is cut before."""
    fitting = text
    while len(escaped(fitting)) > limit:
        fitting = shorten(fitting, max(1, len(fitting) - 1 - (len(escaped(fitting)) - limit) // 2))
    return escaped(fitting)


def _link(link: Link) -> str:
    url = via.through(link.url, "discord") if link.acknowledges else link.url
    return f"[{escaped(link.label)}]({url.replace('(', '%28').replace(')', '%29')})"
