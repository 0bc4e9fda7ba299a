"""Writers of provider accounts: add, change, switch, order, remove. Secrets never reach the log."""

import json
import os
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from audit import commands as audit
from core.actor import SYSTEM, Actor
from core.errors import Conflict, ValidationFailed
from notifications import accounts
from notifications.commands.deliveries import release_throttled
from notifications.domain.pace import MOST_PER_MINUTE
from notifications.models import Provider
from notifications.providers import fields as settings_of
from notifications.providers.base import Field, Kind, kinds

MAX_ACCOUNTS = 50
LABEL_LENGTH, TEXT_LENGTH = 60, 8000
HIDDEN = "(secret)"
FROM_ENVIRONMENT = "prv_env_"  # id of the row of an account that the environment makes
GONE = "The account is not there any more"


def create(
    kind: str,
    fields: Mapping[str, str],
    *,
    by: Actor,
    now: datetime,
    label: str = "",
    enabled: bool = True,
    per_minute: int | None = None,
) -> Provider:
    """A new account, the last in its channels. Raises ValidationFailed with the field.

    `per_minute`: most messages in sixty seconds, 0 for no limit, None for what its vendor allows.
    """
    declared = _kind(kind)
    with transaction.atomic():
        known = list(Provider.objects.select_for_update().order_by("id"))
        if len(known) >= MAX_ACCOUNTS:
            raise ValidationFailed(f"No more than {MAX_ACCOUNTS} accounts")
        environ = settings_of.NONE if _of_kind(known, kind) else os.environ
        texts = _checked(declared, fields, environ)
        _complete(declared, texts, environ)
        _keep_secrets_home(declared, {}, texts, texts, environ)
        account = Provider.objects.create(
            kind=kind,
            label=_label(label),
            enabled=enabled,
            position=max((row.position for row in known), default=-1) + 1,
            config=json.dumps(texts),
            per_minute=_limit(declared.per_minute if per_minute is None else per_minute),
        )
        limit = {"per_minute": account.per_minute} if account.per_minute else {}
        _audit("provider.created", account, by, now, _shown(declared, texts) | limit)
    _renew(now)
    return account


def change(
    account: Provider,
    *,
    by: Actor,
    now: datetime,
    fields: Mapping[str, str] | None = None,
    clear: Collection[str] = (),
    label: str | None = None,
    enabled: bool | None = None,
    per_minute: int | None = None,
) -> Provider:
    """Changes what is named; `clear` empties fields, an empty secret keeps the stored one.

    Raises ValidationFailed with the field, Conflict when the account is gone.
    """
    with transaction.atomic():
        row = _locked(account)
        declared = _kind(row.kind)
        before = settings_of.stored(row.config)
        after = _merged(declared, before, fields or {}, clear, _environ(row))
        changes = _shown(declared, _different(before, after))
        if label is not None and _label(label) != row.label:
            row.label = _label(label)
            changes["label"] = row.label
        if enabled is not None and enabled != row.enabled:
            row.enabled = enabled
            changes["enabled"] = enabled
        if per_minute is not None and _limit(per_minute) != row.per_minute:
            row.per_minute = per_minute
            changes["per_minute"] = per_minute
        if changes:
            row.config = json.dumps(after)
            row.save(update_fields=["config", "label", "enabled", "per_minute", "updated_at"])
            _audit("provider.changed", row, by, now, changes)
        _renew(now)
    return row


def set_enabled(account: Provider, enabled: bool, *, by: Actor, now: datetime) -> bool:
    """Switches an account on or off; False when it stood so already."""
    with transaction.atomic():
        rows = Provider.objects.filter(pk=account.pk, enabled=not enabled)
        if not rows.update(enabled=enabled, updated_at=now):
            return False
        verb = "provider.enabled" if enabled else "provider.disabled"
        _audit(verb, account, by, now)
    _renew(now)
    return True


def move(account: Provider, channel: str, *, up: bool, by: Actor, now: datetime) -> bool:
    """One place up or down among the accounts of a channel; False at the end of the list.

    There is one order for all channels: only the place against that neighbour is meant.
    """
    able = {key for key, kind in kinds().items() if channel in kind.sends}
    with transaction.atomic():
        list(Provider.objects.select_for_update().order_by("id"))  # every mover waits here
        rows = list(Provider.objects.order_by("position", "id"))
        peers = [row.pk for row in rows if row.kind in able]
        if account.pk not in peers:
            raise Conflict(GONE)
        place = peers.index(account.pk) + (-1 if up else 1)
        if not 0 <= place < len(peers):
            return False
        _write_order(_reordered([row.pk for row in rows], account.pk, peers[place]), rows)
        _audit("provider.moved", account, by, now, {"channel": channel, "up": up})
    accounts.forget()
    return True


def remove(account: Provider, *, by: Actor, now: datetime) -> None:
    """Deletes an account with its credentials. Raises Conflict while the environment makes it."""
    with transaction.atomic():
        row = _locked(account)
        declared = kinds().get(row.kind)
        if declared and settings_of.is_given(declared, _environ(row)):
            variables = ", ".join(sorted(_variables(declared)))
            raise Conflict(f"The environment sets {variables}. Switch the account off instead.")
        _audit("provider.removed", row, by, now)
        row.delete()
    _renew(now)


def adopt_environment(environ: Mapping[str, str], *, now: datetime) -> list[str]:
    """Rows for accounts that the environment makes alone, so that they have health and a place.

    Returns the kinds that are new. Any number of processes may call it.
    """
    given = [key for key, kind in kinds().items() if settings_of.is_given(kind, environ)]
    if not given:
        return []
    known = set(Provider.objects.filter(kind__in=given).values_list("kind", flat=True))
    return [key for key in given if key not in known and _adopted(key, now)]


def environ_of_new(kind: str) -> Mapping[str, str]:
    """The variables that a new account of this kind would take."""
    taken = Provider.objects.filter(kind=kind).exists()
    return settings_of.NONE if taken else os.environ


def is_oldest(account: Provider) -> bool:
    """Whether the variables of the kind are meant for this account."""
    return not Provider.objects.filter(kind=account.kind, pk__lt=account.pk).exists()


def _adopted(kind: str, now: datetime) -> bool:
    try:
        with transaction.atomic():
            last = Provider.objects.order_by("-position").values_list("position", flat=True).first()
            account = Provider.objects.create(
                public_id=FROM_ENVIRONMENT + kind,
                kind=kind,
                position=(last or 0) + 1,
                per_minute=kinds()[kind].per_minute,
            )
            _audit("provider.created", account, SYSTEM, now, {"from": "the environment"})
    except IntegrityError:
        return False  # another process was faster
    return True


def _renew(now: datetime) -> None:
    """Senders read the accounts again, and what waited for one may find a way at once."""
    accounts.forget()
    release_throttled(now)


def _kind(key: str) -> Kind:
    found = kinds().get(key)
    if found is None:
        raise ValidationFailed("There is no such kind of provider", field="kind")
    return found


def _of_kind(rows: Collection[Provider], kind: str) -> bool:
    return any(row.kind == kind for row in rows)


def _environ(row: Provider) -> Mapping[str, str]:
    return os.environ if is_oldest(row) else settings_of.NONE


def _locked(account: Provider) -> Provider:
    row = Provider.objects.select_for_update().filter(pk=account.pk).first()
    if row is None:
        raise Conflict(GONE)
    return row


def _merged(
    kind: Kind,
    before: Mapping[str, str],
    fields: Mapping[str, str],
    clear: Collection[str],
    environ: Mapping[str, str],
) -> dict[str, str]:
    if not fields and not clear:
        return dict(before)
    secrets = {field.name for field in kind.fields if field.secret}
    named = {name: text for name, text in fields.items() if text or name not in secrets}
    changed = _checked(kind, {**named, **dict.fromkeys(clear, "")}, environ)
    after = {name: text for name, text in {**before, **changed}.items() if text}
    _complete(kind, after, environ)
    _keep_secrets_home(kind, before, after, named, environ)
    return after


def _checked(kind: Kind, fields: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Clean texts by name. Raises ValidationFailed for what the kind does not know or allow."""
    declared = {field.name: field for field in kind.fields}
    clean = {}
    for name, text in fields.items():
        if name not in declared:
            raise ValidationFailed(f"{kind.label} has no field “{name}”", field=name)
        clean[name] = _checked_text(declared[name], text, environ)
    return clean


def _checked_text(field: Field, text: str, environ: Mapping[str, str]) -> str:
    if field.env and environ.get(field.env):
        message = f"{field.env} is set in the environment and decides this"
        raise ValidationFailed(message, field=field.name)
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > TEXT_LENGTH:
        raise ValidationFailed(f"At most {TEXT_LENGTH} characters", field=field.name)
    if field.choices and plain and plain not in dict(field.choices):
        raise ValidationFailed("Choose one of the list", field=field.name)
    if plain and not plain.startswith(field.begins):
        raise ValidationFailed(f"{field.label} begins with {field.begins}", field=field.name)
    return plain


def _complete(kind: Kind, texts: Mapping[str, str], environ: Mapping[str, str]) -> None:
    for value in settings_of.resolve(kind, texts, environ):
        if value.missing:
            raise ValidationFailed(f"{value.field.label} is required", field=value.field.name)


def _keep_secrets_home(
    kind: Kind,
    before: Mapping[str, str],
    after: Mapping[str, str],
    given: Mapping[str, str],
    environ: Mapping[str, str],
) -> None:
    """Raises ValidationFailed when a new address would get secrets that were not given with it."""
    for value in settings_of.exposed(kind, before, after, given, environ):
        if value.variable:
            message = f"{value.variable} is set in the environment, and so must the address be"
            led = next(field for field in kind.fields if field.leads and after.get(field.name))
            raise ValidationFailed(message, field=led.name)
        message = "Type it again: with the new address it would be sent to another server"
        raise ValidationFailed(message, field=value.field.name)


def _label(text: str) -> str:
    return " ".join(text.split())[:LABEL_LENGTH]


def _limit(per_minute: int) -> int:
    if not 0 <= per_minute <= MOST_PER_MINUTE:
        message = f"A whole number from 0, no limit, to {MOST_PER_MINUTE}"
        raise ValidationFailed(message, field="per_minute")
    return per_minute


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    names = {*before, *after}
    return {
        name: after.get(name, "")
        for name in sorted(names)
        if before.get(name, "") != after.get(name, "")
    }


def _shown(kind: Kind, texts: Mapping[str, str]) -> dict[str, Any]:
    """For the audit log: of a secret only that it was set or cleared."""
    open_ones = {field.name for field in kind.fields if not field.secret}
    return {name: text if name in open_ones or not text else HIDDEN for name, text in texts.items()}


def _variables(kind: Kind) -> set[str]:
    return {field.env for field in kind.fields if field.env and os.environ.get(field.env)}


def _reordered(order: list[int], moved: int, neighbour: int) -> list[int]:
    """Puts `moved` on the other side of its neighbour."""
    before = order.index(moved) > order.index(neighbour)
    rest = [pk for pk in order if pk != moved]
    at = rest.index(neighbour)
    rest.insert(at if before else at + 1, moved)
    return rest


def _write_order(order: list[int], rows: Collection[Provider]) -> None:
    stored = {row.pk: row.position for row in rows}
    for position, pk in enumerate(order):
        if stored[pk] != position:
            Provider.objects.filter(pk=pk).update(position=position)


def _audit(
    action: str, account: Provider, by: Actor, now: datetime, changes: dict[str, Any] | None = None
) -> None:
    audit.record(
        action,
        by=by,
        now=now,
        target_type="provider",
        target_id=account.public_id,
        target_label=str(account),
        changes={"kind": account.kind, **(changes or {})},
    )
