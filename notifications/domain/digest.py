"""Several messages to one address become one: what was missed, or gathered. Urgent first. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from core.domain.phrase import Say, mark
from notifications.domain.message import Message
from notifications.domain.words import Channel, Urgency

STALE_AFTER = timedelta(minutes=5)  # late by so long, a page travels with its like
MOST = 500  # pages in one message; more come in the next
# A program reads these one by one; a request for help is answered by its own buttons.
APART = (Channel.WEBHOOK,)
NAMED = 3
LISTED = 30
RANKS = {Urgency.HIGH: 0, Urgency.MEDIUM: 1, Urgency.LOW: 2}


def digest_of(
    messages: Sequence[Message], *, url: str, gathered: bool = False, say: Say = str
) -> Message:
    """One message in place of several. `messages`: the oldest first; `url`: where all stand.

    `gathered`: for a digest that the person chose; else they are late. `say` puts it into the
    language of the reader.
    """
    ordered = sorted(messages, key=_rank)
    urgent = sum(message.urgency == Urgency.HIGH for message in ordered)
    titles = [message.title for message in ordered]
    rest = len(titles) - NAMED
    more = [say(mark("and {count} more")).format(count=rest)] if rest > 0 else []
    title = say(mark("{count} late pages, {urgent} of high urgency"))
    why = say(mark("they could not be sent when they were due, and are still open"))
    if gathered:
        title = say(mark("{count} messages of low urgency"))
        why = say(mark("you chose to get what is of low urgency together"))
    return Message(
        kind="digest",
        subject_id="",
        title=title.format(count=len(ordered), urgent=urgent),
        facts=((say(mark("Why now")), why),),
        body="; ".join([*titles[:NAMED], *more]),
        details=tuple(_line(message) for message in ordered[:LISTED]),
        numbers=", ".join(dict.fromkeys(_number(message) for message in ordered)),
        url=url,
        urgency=(ordered[0].urgency if ordered else "") or Urgency.LOW,
        tag=say(mark("Digest")),
        language=messages[0].language if messages else "",
    )


def _rank(message: Message) -> int:
    return RANKS.get(Urgency(message.urgency or Urgency.LOW), 1)


def _line(message: Message) -> tuple[str, str]:
    """News say what is new, such as that it is over."""
    news = f" ({message.tag})" if message.tag and message.kind != "page" else ""
    return message.service or message.urgency.capitalize(), message.title + news


def _number(message: Message) -> str:
    if message.numbers:
        return message.numbers
    return f"#{message.subject_id}" if message.subject_id.isdecimal() else message.title
