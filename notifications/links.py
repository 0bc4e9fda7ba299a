"""Signed tokens that come back from phones and mailboxes: buttons, answers, codes of chats.

Short on purpose: a Telegram button holds 64 bytes, the local part of an address 64 characters in
whatever case. Each names one delivery and is bound to the address that it went to. What a browser
sends back of a push are longer ones, in the path.
"""

from datetime import datetime, timedelta
from functools import lru_cache

from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from core import config
from notifications.models import Channel, ContactMethod, Drill

SALT = "opsknight.notifications."
SIGN_LENGTH = 20  # hex digits: 80 bits
LINK_LIFETIME = timedelta(minutes=15)
REPLY_TAG = "reply"
RECEIPT_SECONDS = 24 * 3600
ARRIVAL_LIFETIME = timedelta(hours=24)


def button(verb: str, delivery_id: int, address: str) -> str:
    """`verb` is acknowledge | resolve."""
    return f"{verb}:{delivery_id}:{_sign('button', verb, delivery_id, address)}"


def button_of(data: str) -> tuple[str, int] | None:
    """(verb, delivery) of what a button says, not yet proven: see `is_button`."""
    verb, _, rest = data.partition(":")
    number = rest.partition(":")[0]
    return (verb, int(number)) if number.isascii() and number.isdecimal() else None


def is_button(data: str, verb: str, delivery_id: int, address: str) -> bool:
    return constant_time_compare(data.encode(), button(verb, delivery_id, address).encode())


def reply_address(delivery_id: int, address: str, domain: str) -> str:
    """Where the answer to a mail goes: reply+<delivery>.<signature>@<domain>."""
    return f"{REPLY_TAG}+{delivery_id}.{_reply_sign(delivery_id, address)}@{domain}"


def delivery_of_reply(recipient: str) -> tuple[int, str] | None:
    """(delivery, signature) of an address made by `reply_address`, not yet proven."""
    local = recipient.rpartition("@")[0].strip().lower()
    number, _, sign = local.removeprefix(f"{REPLY_TAG}+").partition(".")
    plain = number.isascii() and number.isdecimal() and len(number) < 19
    if not local.startswith(f"{REPLY_TAG}+") or not plain:
        return None
    return int(number), sign


def is_reply(sign: str, delivery_id: int, address: str) -> bool:
    return constant_time_compare(sign.encode(), _reply_sign(delivery_id, address).encode())


def chat_code(user: User, now: datetime) -> str:
    """The code of a link to the bot: one person, 15 minutes, dead once a chat was added by it."""
    until = int((now + LINK_LIFETIME).timestamp())
    return f"{user.pk}_{until}_{_chat_sign(user, until)}"


def person_of_chat_code(code: str, now: datetime) -> User | None:
    """The active person of a genuine, fresh code; else None."""
    number, _, rest = code.partition("_")
    until, _, sign = rest.partition("_")
    if not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in (number, until)):
        return None
    user = User.objects.active().filter(pk=int(number)).first()
    if user is None or now.timestamp() > int(until):
        return None
    genuine = constant_time_compare(sign.encode(), _chat_sign(user, int(until)).encode())
    return user if genuine else None


def webhook_secret(account: str, token: str) -> str:
    """What Telegram sends with each call: made from the account, so nothing has to be kept."""
    return salted_hmac(f"{SALT}webhook", f"{account}:{token}", algorithm="sha256").hexdigest()


def receipt_path(delivery_id: int) -> str:
    """Where a device says that it showed a push: only one that could read the push knows it."""
    return _pattern("push_receipt").format(signing.dumps([delivery_id], salt=f"{SALT}receipt"))


def delivery_of_receipt(token: str) -> int | None:
    """The delivery of a genuine token that is not older than RECEIPT_SECONDS; else None."""
    try:
        (number,) = signing.loads(token, salt=f"{SALT}receipt", max_age=RECEIPT_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(number)


def arrival_url(delivery_id: int) -> str:
    """Where a message of a test page says that it arrived: whoever has the link got it."""
    token = signing.dumps([delivery_id], salt=f"{SALT}arrival")
    return config.absolute(_pattern("drill_arrival").format(token))


def delivery_of_arrival(token: str) -> int | None:
    """The delivery of a genuine token that is not older than ARRIVAL_LIFETIME; else None."""
    try:
        (number,) = signing.loads(token, salt=f"{SALT}arrival", max_age=ARRIVAL_LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(number)


def drill_path(drill: Drill) -> str:
    """The page that shows how a test page fares."""
    return reverse("notifications:drill", args=[drill.public_id])


def renewal_path(device: ContactMethod) -> str:
    """Where a device tells its new address, for as long as it is among somebody's ways."""
    return _pattern("push_renewal").format(signing.dumps([device.public_id], salt=f"{SALT}device"))


def device_of_renewal(token: str) -> ContactMethod | None:
    """The device of a genuine token whose person may still be paged; else None."""
    try:
        (public_id,) = signing.loads(token, salt=f"{SALT}device")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = ContactMethod.objects.filter(channel=Channel.PUSH, public_id=public_id)
    return rows.filter(user__in=User.objects.active()).select_related("user").first()


@lru_cache(maxsize=4)
def _pattern(name: str) -> str:
    """The path with a hole: resolving it once is enough for a storm of pages."""
    return reverse(f"notifications:{name}", args=["77777777"]).replace("77777777", "{}")


def _reply_sign(delivery_id: int, address: str) -> str:
    return _sign("reply", "", delivery_id, address.lower())


def _chat_sign(user: User, until: int) -> str:
    chats = ContactMethod.objects.filter(user=user, channel=Channel.TELEGRAM).order_by("id")
    state = ",".join(str(pk) for pk in chats.values_list("pk", flat=True))
    value = f"{user.pk}:{until}:{state}:{user.get_session_auth_hash()}"
    return salted_hmac(f"{SALT}chat", value, algorithm="sha256").hexdigest()[:32]


def _sign(purpose: str, verb: str, delivery_id: int, address: str) -> str:
    value = f"{verb}:{delivery_id}:{address}"
    digest = salted_hmac(SALT + purpose, value, algorithm="sha256").hexdigest()
    return digest[:SIGN_LENGTH]
