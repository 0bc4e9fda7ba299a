"""How a person is reached: contact methods in their order, and a test of one of them."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit import commands as audit
from core import config, egress, language, rate
from core.actor import Actor
from core.errors import Conflict, ValidationFailed
from notifications import accounts, queries
from notifications.commands.direct import deliver
from notifications.domain import addresses
from notifications.domain.message import Message
from notifications.models import (
    Channel,
    ContactMethod,
    Delivery,
    Urgency,
    VerificationCode,
)

MAX_METHODS = 10
TESTS = 10  # per person in TEST_WINDOW seconds: a test mails an address nobody has confirmed
TEST_WINDOW = 600
ACCOUNT_LABEL = "Account e-mail"
LAST_ONE = "This is the only way to reach you. Add another one first."


def ensure_default_method(user: User) -> list[ContactMethod]:
    """The person's contact methods; without any e-mail row the account's address becomes one."""
    return ensure_default_methods([user])[user.pk]


def ensure_default_methods(users: Iterable[User]) -> dict[int, list[ContactMethod]]:
    """The same for many people, in one statement when nobody is new.

    A switched-off e-mail row stays switched off: it is the person's decision.
    """
    people = {user.pk: user for user in users}
    found = queries.methods_by_user(people)
    missing = [user for pk, user in people.items() if user.email and not _has_mail(found[pk])]
    if not missing:
        return found
    ContactMethod.objects.bulk_create(
        (
            ContactMethod(user=user, channel=Channel.EMAIL, address=user.email, label=ACCOUNT_LABEL)
            for user in missing
        ),
        ignore_conflicts=True,
    )
    return queries.methods_by_user(people)


def add_method(
    user: User,
    *,
    channel: str,
    address: str,
    by: Actor,
    now: datetime,
    label: str = "",
    secret: str = "",
) -> ContactMethod:
    """Raises ValidationFailed for a bad address, Conflict when the person has it already."""
    known = ensure_default_method(user)
    if len(known) >= MAX_METHODS:
        raise ValidationFailed(f"No more than {MAX_METHODS} ways to reach one person")
    try:
        with transaction.atomic():
            method = ContactMethod.objects.create(
                user=user,
                channel=channel,
                address=_checked(channel, address),
                label=_short(label),
                secret=secret,
                position=max((row.position for row in known), default=-1) + 1,
            )
            _audit("contact_method.added", method, by=by, now=now)
    except IntegrityError as error:
        raise Conflict("You are reached there already", field="address") from error
    return method


def remove_method(method: ContactMethod, *, by: Actor, now: datetime) -> None:
    """Deletes the method; the last e-mail row is only switched off, or it would come back.

    Raises Conflict when nothing would be left to reach the person.
    """
    with transaction.atomic():
        others = _others(method)
        if not any(other.enabled for other in others):
            raise Conflict(LAST_ONE)
        _audit("contact_method.removed", method, by=by, now=now)
        if method.channel == Channel.EMAIL and not _has_mail(others):
            ContactMethod.objects.filter(pk=method.pk).update(enabled=False)
            return
        method.delete()


def follow_address(user: User, old: str) -> None:
    """Pages that went to the account's old address go to the new one.

    Where the new one stands among the methods already, the old one stays: loud, not lost.
    """
    mail = ContactMethod.objects.filter(user=user, channel=Channel.EMAIL)
    if not mail.filter(address__iexact=user.email).exists():
        moved = mail.filter(address__iexact=old)
        moved.update(address=user.email, verified_at=None, proven_at=None)


def change_method(
    method: ContactMethod,
    *,
    by: Actor,
    now: datetime,
    address: str | None = None,
    label: str | None = None,
) -> ContactMethod:
    """Another address or name. What was proven was proven of the old address only.

    Raises ValidationFailed for a bad address, Conflict when the person has it already.
    """
    fields = {} if label is None else {"label": _short(label)}
    if address is not None:
        fields["address"] = _checked(method.channel, address)
    moved = fields.get("address", method.address) != method.address
    try:
        with transaction.atomic():
            rows = ContactMethod.objects.filter(pk=method.pk)
            rows.update(**fields, **({"verified_at": None, "proven_at": None} if moved else {}))
            if moved:
                VerificationCode.objects.filter(contact_method=method).delete()
            _audit("contact_method.changed", method, by=by, now=now)
    except IntegrityError as error:
        raise Conflict("You are reached there already", field="address") from error
    method.refresh_from_db()
    return method


def move_method(method: ContactMethod, *, up: bool, by: Actor, now: datetime) -> None:
    """One place up or down in the order in which a page goes from way to way."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=method.user_id)
        rows = queries.methods_of(method.user)
        at = [row.pk for row in rows].index(method.pk)
        to = at - 1 if up else at + 1
        if not 0 <= to < len(rows):
            return
        rows[at], rows[to] = rows[to], rows[at]
        for position, row in enumerate(rows):
            row.position = position
        ContactMethod.objects.bulk_update(rows, ["position"])
        _audit("contact_method.moved", method, by=by, now=now)


def set_enabled(method: ContactMethod, enabled: bool, *, by: Actor, now: datetime) -> None:
    """Switches a method on or off. Raises Conflict when the last one would go off."""
    with transaction.atomic():
        if not enabled and not any(other.enabled for other in _others(method)):
            raise Conflict(LAST_ONE)
        ContactMethod.objects.filter(pk=method.pk).update(enabled=enabled)
        verb = "enabled" if enabled else "disabled"
        _audit(f"contact_method.{verb}", method, by=by, now=now)


def send_test(method: ContactMethod, *, by: Actor, now: datetime) -> Delivery:
    """Queues a real message to this one method.

    Raises Conflict when asked too often, and for a channel that is not set up here.
    """
    accounts.require_way(method, now)
    verdict = rate.hit(
        f"test-page:{method.user_id}", TESTS, now=now.timestamp(), seconds=TEST_WINDOW
    )
    if not verdict.allowed:
        raise Conflict(f"Too many tests. Try again in {verdict.reset // 60 + 1} minutes.")
    key = f"test.{now.timestamp():.6f}"
    return deliver(method, _test(method, by), queries.TEST_SUBJECT, key, now=now)


def _test(method: ContactMethod, by: Actor) -> Message:
    spoken = language.resolve(method.user.language)
    with language.speaking(spoken):
        way = _(str(method.get_channel_display()))
        return Message(
            kind="test",
            subject_id=method.public_id,
            title=_("Test page: you can be reached here"),
            facts=((_("Asked for by"), by.label), (_("Way"), way)),
            body=_(
                "Nothing is broken. Somebody pressed “Send a test” to see whether this arrives."
            ),
            url=config.absolute("/profile/reach/"),
            urgency=Urgency.LOW,
            tag=_("test"),
            language=spoken,
        )


def _short(label: str) -> str:
    return " ".join(label.split())[:60]


def _has_mail(methods: Iterable[ContactMethod]) -> bool:
    return any(method.channel == Channel.EMAIL for method in methods)


def _others(method: ContactMethod) -> list[ContactMethod]:
    """The person's other methods; the person is locked so that two removals cannot cross."""
    User.objects.select_for_update(no_key=True).get(pk=method.user_id)
    return [row for row in queries.methods_of(method.user) if row.pk != method.pk]


def _checked(channel: str, address: str) -> str:
    """The address as it is stored; raises ValidationFailed. Names are resolved for URLs."""
    try:
        text = addresses.checked(channel, address)
        if channel == Channel.EMAIL:
            validate_email(text)
        if channel in addresses.URLS:
            egress.check_url(text)
    except egress.EgressBlocked as error:
        message = f"This address cannot be called: {error.reason}"
        raise ValidationFailed(message, field="address") from error
    except ValidationError as error:
        raise ValidationFailed("Enter a valid e-mail address", field="address") from error
    except ValueError as error:
        raise ValidationFailed(str(error), field="address") from error
    return text


def _audit(action: str, method: ContactMethod, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="contact_method",
        target_id=method.public_id,
        target_label=str(method),
    )
