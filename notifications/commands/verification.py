"""Proof that an address is the person's: a code goes there and comes back.

Somebody who adds numbers of strangers, or expensive ones, could make us send: codes are rationed
per person, per address and hour, over all people.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from audit import commands as audit
from core import config, language, rate
from core.actor import Actor
from core.crypto import key_hash
from core.errors import Conflict, ValidationFailed
from notifications import accounts
from notifications.commands.direct import deliver
from notifications.commands.methods import ensure_default_method
from notifications.domain import codes, words
from notifications.domain.message import Message
from notifications.models import (
    OPEN_STATES,
    Channel,
    ContactMethod,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Urgency,
    VerificationCode,
)

SUBJECT = words.VERIFY
HOUR = 3600
WRONG = "This is not the code. {tries} more tries."
OVER = "This code does not count any more. Ask for a new one."


def send_code(method: ContactMethod, *, by: Actor, now: datetime) -> Delivery:
    """Sends a new code to exactly this method, before every other message; older ones are void.

    Raises Conflict when too many were asked for, by this person or to this address, and for a
    channel that is not set up here.
    """
    accounts.require_way(method, now)
    _ration(method, now)
    code = codes.written(secrets.randbelow(10**codes.DIGITS))
    with transaction.atomic():
        VerificationCode.objects.update_or_create(
            contact_method=method,
            defaults={
                "address": method.address,
                "code_hash": _hash(method, code),
                "tries_left": codes.TRIES,
                "sent_at": now,
                "expires_at": now + codes.LIFETIME,
            },
        )
        mine = Delivery.objects.filter(subject_kind=SUBJECT, subject_id=method.pk)
        mine.filter(state__in=OPEN_STATES).update(
            state=DeliveryState.CANCELLED, reason="a newer code was asked for", finished_at=now
        )
        _trace("contact_method.code_sent", method, by=by, now=now)
        key = f"verify.{now.timestamp():.6f}"
        return deliver(method, _message(code, method.user), SUBJECT, key, now=now)


def confirm(method: ContactMethod, text: str, *, by: Actor, now: datetime) -> ContactMethod:
    """The code came back: from now on the method is verified, and proven.

    Raises ValidationFailed for a wrong code, which costs a try, and for one that is over.
    """
    code = VerificationCode.objects.filter(contact_method=method).first()
    verdict = _verdict(method, code, text, now)
    if verdict is codes.Verdict.WRONG:
        left = VerificationCode.objects.values_list("tries_left", flat=True)
        raise ValidationFailed(WRONG.format(tries=left.get(contact_method=method)), field="code")
    if verdict is codes.Verdict.OVER:
        raise ValidationFailed(OVER, field="code")
    with transaction.atomic():
        rows = ContactMethod.objects.filter(pk=method.pk, address=method.address)
        if not rows.update(verified_at=now, proven_at=now):
            raise Conflict("The address has been changed meanwhile")
        VerificationCode.objects.filter(contact_method=method).delete()
        _trace("contact_method.verified", method, by=by, now=now)
    method.verified_at = method.proven_at = now
    return method


def mailbox_proven(user: User, now: datetime) -> None:
    """A link that was mailed to the account's address was used: mail to it arrives."""
    ensure_default_method(user)
    mail = ContactMethod.objects.filter(user=user, channel=Channel.EMAIL)
    mail.filter(address__iexact=user.email).update(verified_at=now, proven_at=now)


def forget_sent_codes(events: Sequence[DeliveryEvent], now: datetime) -> None:
    """Subscriber: what was delivered, or never will be, keeps no code in clear."""
    ids = [event.delivery_id for event in events]
    rows = Delivery.objects.filter(pk__in=ids, subject_kind=SUBJECT).exclude(state__in=OPEN_STATES)
    rows.update(message=Message(kind=SUBJECT, subject_id="", title=words.CODE_TITLE).to_json())


def _ration(method: ContactMethod, now: datetime) -> None:
    seconds = now.timestamp()
    limits = (
        (f"code-by:{method.user_id}", int(config.get("codes_per_person"))),
        (f"code-to:{key_hash(method.address)[:32]}", int(config.get("codes_per_address"))),
    )
    for key, limit in limits:
        verdict = rate.hit(key, limit, now=seconds, seconds=HOUR)
        if not verdict.allowed:
            minutes = verdict.reset // 60 + 1
            raise Conflict(f"Too many codes were asked for. Try again in {minutes} minutes.")


def _verdict(
    method: ContactMethod, code: VerificationCode | None, text: str, now: datetime
) -> codes.Verdict:
    if code is None or not codes.still_good(
        expires_at=code.expires_at,
        tries_left=code.tries_left,
        same_address=code.address == method.address,
        now=now,
    ):
        return codes.Verdict.OVER
    # The try is paid for before it is looked at: two at once cannot share one.
    paid = VerificationCode.objects.filter(
        pk=code.pk, code_hash=code.code_hash, tries_left__gt=0
    ).update(tries_left=F("tries_left") - 1)
    if not paid:
        return codes.Verdict.OVER
    right = hmac.compare_digest(code.code_hash, _hash(method, codes.typed(text)))
    return codes.Verdict.RIGHT if right else codes.Verdict.WRONG


def _hash(method: ContactMethod, code: str) -> str:
    """Keyed, and of no use for another method or address."""
    return key_hash(f"{method.public_id} {method.address} {code}")


def _message(code: str, user: User) -> Message:
    minutes = int(codes.LIFETIME.total_seconds() // 60)
    spoken = language.resolve(user.language)
    with language.speaking(spoken):
        return Message(
            kind=SUBJECT,
            subject_id="",
            title=_("{code} is your OpsKnight code").format(code=code),
            body=_(
                "Enter it within {minutes} minutes to confirm that pages reach you here. "
                "If you did not ask for it, somebody mistyped an address: do nothing."
            ).format(minutes=minutes),
            url=config.absolute("/profile/reach/"),
            urgency=Urgency.LOW,
            tag=_("code"),
            language=spoken,
        )


def _trace(action: str, method: ContactMethod, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="contact_method",
        target_id=method.public_id,
        target_label=str(method),
    )
