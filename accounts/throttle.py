"""Slows down guessing without ever locking anybody out.

Guesses are counted per account *and* address (IPv6: the /64), so a stranger who hammers an
account from elsewhere delays himself, not its owner. The first five are free; from then on each
guess has to wait, twice as long as the one before, at most five minutes. An address that fails
for many accounts is held back as a whole. Rows, not process memory: all workers count together.
"""

import hashlib
import ipaddress
from datetime import datetime

from core import rate
from core.models import RateBucket

FREE_GUESSES = 5
LONGEST_WAIT = 300  # seconds
COUNT_SECONDS = 3600
ADDRESS_FAILURES = 100  # failed guesses of one address per ADDRESS_SECONDS
ADDRESS_SECONDS = 600
RESETS_PER_ACCOUNT = 3  # reset mails per COUNT_SECONDS
RESETS_PER_ADDRESS = 20
CODES_PER_ACCOUNT = 60  # per COUNT_SECONDS, right ones included
CODE_SECONDS = 120  # longer than a code is valid
NEW_ADDRESSES = 5  # per person and COUNT_SECONDS
_MANY = 1_000_000


def begin(account: str, ip: str, now: datetime) -> int:
    """Registers a guess. Returns 0 when it may be checked, else the seconds to wait.

    The guess is counted before the password is looked at: a hundred guesses sent at the same
    moment cannot all slip through while none has failed yet.
    """
    instant = now.timestamp()
    if rate.peek(_address_key(ip), now=instant, seconds=ADDRESS_SECONDS) >= ADDRESS_FAILURES:
        return ADDRESS_SECONDS - int(instant) % ADDRESS_SECONDS
    pair = _pair(account, ip)
    waiting = _held_until(pair, instant)
    if waiting:
        return waiting - int(instant)
    guesses = _count(f"login:{pair}", instant)
    return 0 if guesses <= FREE_GUESSES else _hold(pair, guesses - FREE_GUESSES, int(instant))


def failed(ip: str, now: datetime) -> None:
    """The guess was wrong: the address has one failure more."""
    instant = now.timestamp()
    rate.hit(_address_key(ip), ADDRESS_FAILURES, now=instant, seconds=ADDRESS_SECONDS)


def succeeded(account: str, ip: str) -> None:
    """The guess was right: this account starts afresh at this address."""
    pair = _pair(account, ip)
    RateBucket.objects.filter(key__in=[f"login:{pair}", _hold_key(pair)]).delete()


def begin_code(user_pk: int, ip: str, now: datetime) -> int:
    """The same for a code of the second factor, and at most CODES_PER_ACCOUNT from anywhere.

    Whoever gets so far knows the password, so a limit of the account shuts out no owner whose
    password is safe; six digits would not stand unlimited guesses from many addresses.
    """
    account = _second_factor(user_pk)
    if _count(f"code:{account}", now.timestamp()) > CODES_PER_ACCOUNT:
        return COUNT_SECONDS - int(now.timestamp()) % COUNT_SECONDS
    return begin(account, ip, now)


def code_was_right(user_pk: int, ip: str) -> None:
    succeeded(_second_factor(user_pk), ip)


def first_use(user_pk: int, code: str, now: datetime) -> bool:
    """Whether a code was not used before: it is valid for a while, but opens once.

    Noted in rows, because several processes answer; also for the next window, which may begin
    while the code is still valid.
    """
    key = f"code-used:{_digest(f'{user_pk} {code}')}"
    instant = int(now.timestamp())
    windows = {moment // COUNT_SECONDS for moment in (instant, instant + CODE_SECONDS)}
    uses = [
        rate.hit(key, 1, now=window * COUNT_SECONDS, seconds=COUNT_SECONDS)
        for window in sorted(windows)
    ]
    return all(use.allowed for use in uses)


def may_mail_new_address(user_pk: int, now: datetime) -> bool:
    """Whether the person may have one more unknown address mailed."""
    key = f"new-address:{user_pk}"
    return rate.hit(key, NEW_ADDRESSES, now=now.timestamp(), seconds=COUNT_SECONDS).allowed


def may_mail_reset(account: str, ip: str, now: datetime) -> bool:
    """Whether one more reset mail may be asked for; says nothing about who exists."""
    instant = now.timestamp()
    address = rate.hit(
        f"reset-ip:{_address(ip)}", RESETS_PER_ADDRESS, now=instant, seconds=COUNT_SECONDS
    )
    person = rate.hit(
        f"reset:{_digest(account)}", RESETS_PER_ACCOUNT, now=instant, seconds=COUNT_SECONDS
    )
    return address.allowed and person.allowed


def _hold(pair: str, excess: int, instant: int) -> int:
    """Makes the next guess wait and lets this one through, unless others came with it."""
    wait = min(LONGEST_WAIT, 2 ** min(excess, 20))
    until = instant + wait
    mine = rate.hit(_hold_key(pair), 1, now=until, seconds=1)
    others = RateBucket.objects.filter(key=_hold_key(pair), window__gt=instant)
    return 0 if mine.allowed and not others.exclude(window=until).exists() else wait


def _held_until(pair: str, instant: float) -> int:
    rows = RateBucket.objects.filter(key=_hold_key(pair), window__gt=int(instant))
    return rows.order_by("-window").values_list("window", flat=True).first() or 0


def _count(key: str, instant: float) -> int:
    """One more; how many there are now in this window."""
    return _MANY - rate.hit(key, _MANY, now=instant, seconds=COUNT_SECONDS).remaining


def _second_factor(user_pk: int) -> str:
    return f"second factor of {user_pk}"


def _hold_key(pair: str) -> str:
    return f"login-hold:{pair}"


def _pair(account: str, ip: str) -> str:
    return _digest(f"{account.strip().lower()} {_address(ip)}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().lower().encode()).hexdigest()[:40]


def _address_key(ip: str) -> str:
    return f"login-ip:{_address(ip)}"


def _address(ip: str) -> str:
    """One household is one address: IPv6 hands everybody 2**64 of them."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip[:45] or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return ip
