"""Notes how the accounts fared that a batch of results went through."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from notifications import accounts
from notifications.domain.health import after_failure, after_success
from notifications.domain.text import one_line
from notifications.models import Provider, ProviderHealth
from notifications.sender.pool import Result

ERROR_LENGTH = 300


def note(results: Sequence[Result], now: datetime) -> None:
    """Writes what changed, one row per account at most. Joins the caller's transaction."""
    by_key: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.account and result.begun:
            by_key[result.account].append(result)
    if not by_key:
        return
    rows = Provider.objects.filter(public_id__in=by_key).order_by("id").select_related("health")
    for row in rows.defer("config"):
        if _is_worth_a_look(row, by_key[row.public_id], now):
            _note(row, by_key[row.public_id], now)


def _is_worth_a_look(provider: Provider, results: Sequence[Result], now: datetime) -> bool:
    """In a storm of successes nothing is to be written, and so nothing to be locked."""
    known = accounts.health_of(provider)
    return any(result.error is not None for result in results) or bool(after_success(known, now))


def _note(provider: Provider, results: Sequence[Result], now: datetime) -> None:
    stored, _ = ProviderHealth.objects.get_or_create(provider=provider)
    stored = ProviderHealth.objects.select_for_update().get(pk=stored.pk)
    provider.health = stored
    health, failed, changed = accounts.health_of(provider), None, False
    for result in results:
        error = result.error
        if error is None:
            better = after_success(health, now)
            health, changed = (better, True) if better else (health, changed)
        elif error.provider_fault:
            health = after_failure(
                health,
                now,
                final=error.permanent,
                retry_after=error.retry_after,
                throttled=error.throttled,
            )
            failed, changed = error, True
    if not changed:
        return
    stored.failures, stored.open_until = health.failures, health.open_until
    stored.last_ok_at, stored.rest_until = health.last_ok_at, health.rest_until
    if failed:
        stored.last_failure_at, stored.last_error = now, one_line(failed.reason, ERROR_LENGTH)
    stored.save()
    accounts.forget()
