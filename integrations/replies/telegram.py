"""What comes from Telegram: buttons that were pressed, codes that link a chat to a person.

The same updates come by POST, signed with the secret that we gave, or are fetched where nobody can
call us. A chat is a person only when that person linked it.
"""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from core import clock, language, rate
from core.domain.phrase import mark
from integrations.ingest import body
from integrations.ingest.answers import Refusal, machine_route
from integrations.replies.acting import Verb, act, subject_of
from notifications.commands import chats, drills, receipts, vendors
from notifications.domain.drills import ARRIVED
from notifications.domain.words import Receipt

VIA = "telegram"
MAX_BYTES = 65536
PER_MINUTE = 60  # of one chat
MEMORY_SECONDS = 3600  # an update that comes again after this repeats what changes nothing twice
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 the name of a header
NOT_YOURS = mark("This button is not yours or too old. Nothing was changed.")
LINKED = mark("This chat is yours now: pages for {name} arrive here.")
CONFIRMED = mark("Thank you: pages arrive in this chat.")
BAD_CODE = mark(
    "This link is used up or too old. Make a new one in OpsKnight: How you are reached."
)
HELP = mark(
    "I send pages of OpsKnight. To get yours, choose Connect Telegram in your profile there."
)


@csrf_exempt
@machine_route
def updates(request: HttpRequest, account: str) -> HttpResponse:
    """POST /api/inbound/telegram/<account>: one update."""
    found = vendors.account(account, ("telegram",))
    if found is None or not chats.is_genuine(found, request.headers.get(SECRET, "")):
        raise Refusal(403, "Forbidden")
    try:
        update = body.read_json(request, MAX_BYTES)
    except body.TooLarge:
        raise Refusal(413, "Request body is too large") from None
    if not isinstance(update, dict):
        raise Refusal(400, "Invalid request body")
    take(found, update, now=clock.now(), request=request)
    return JsonResponse({"ok": True})


def take(
    account: Any, update: dict[str, Any], *, now: datetime, request: HttpRequest | None = None
) -> None:
    """Acts on one update, once. What is not understood changes nothing and gets no answer."""
    number, at = update.get("update_id"), now.timestamp()
    once = f"telegram:{account.key}:{number}"
    if not isinstance(number, int) or rate.peek(once, now=at, seconds=MEMORY_SECONDS):
        return
    query, message = update.get("callback_query"), update.get("message")
    chat = _chat(query.get("message") if isinstance(query, dict) else message)
    if chat and rate.hit(f"telegram-chat:{account.key}:{chat}", PER_MINUTE, now=at).allowed:
        if isinstance(query, dict):
            _press(account, query, chat, now, request)
        elif isinstance(message, dict):
            _said(account, message, chat, now)
    rate.hit(once, 1, now=at, seconds=MEMORY_SECONDS)  # last: what failed half-way comes again


def _press(
    account: Any, query: dict[str, Any], chat: int, now: datetime, request: HttpRequest | None
) -> None:
    name = str(query.get("id", ""))
    meant = chats.pressed(str(query.get("data", "")), chat)
    if meant and meant[0] == ARRIVED:
        confirmed = drills.confirm(meant[1].pk, now=now, detail="“Arrived” was pressed")
        chats.answer(account, name, _to_all(CONFIRMED if confirmed else NOT_YOURS))
        return
    subject = subject_of(meant[1].subject_kind, meant[1].subject_id) if meant else None
    if meant is None or subject is None or meant[0] not in set(Verb):
        chats.answer(account, name, _to_all(NOT_YOURS), loud=True)
        return
    verb, delivery = meant
    said = act(cast("User", delivery.user), verb, subject, via=VIA, now=now, request=request)
    receipts.note(delivery.pk, Receipt.SEEN, now=now, detail=f"{verb} was pressed")
    chats.answer(account, name, said)


def _said(account: Any, message: dict[str, Any], chat: int, now: datetime) -> None:
    """`/start <code>` links the chat; anything else gets a hint at most."""
    words = str(message.get("text", "")).split()
    if not words or words[0] != "/start":
        return
    if len(words) < 2:
        chats.say(account, chat, _to_all(HELP))
        return
    sender = message.get("from")
    name = str(sender.get("first_name", "")) if isinstance(sender, dict) else ""
    method = chats.link_chat(words[1][:200], chat, name, now=now)
    if method is None:
        chats.say(account, chat, _to_all(BAD_CODE))
        return
    with language.speaking_to(method.user.language):
        chats.say(account, chat, _(LINKED).format(name=method.user))


def _to_all(text: str) -> str:
    """To somebody who is not known: in the language of the installation."""
    with language.speaking_to(""):
        return _(text)


def _chat(message: Any) -> int:
    """The chat of a message between one person and the bot; 0 for groups and nonsense."""
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private":
        return 0
    number = chat.get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) else 0
