"""Personal rules: which way at which minute after a page, and how often again."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from accounts.models import User
from audit import commands as audit
from core.actor import Actor
from core.errors import ValidationFailed
from notifications.models import ContactMethod, NotificationRule

MAX_RULES = 20
MAX_DELAY_MINUTES = 24 * 60
MAX_REPEATS = 10
MAX_REPEAT_MINUTES = 60
MAX_MESSAGES = 40  # to one person about one page: more would be noise nobody counts


class RuleSpec(NamedTuple):
    """One rule: after `delay` minutes, then `times` more, `every` minutes apart."""

    method: ContactMethod
    delay: int = 0
    every: int = 0
    times: int = 0


def set_rules(
    user: User,
    urgency: str,
    wanted: Sequence[RuleSpec | tuple[ContactMethod, int]],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Replaces the rules of one urgency; none = the defaults.

    Raises ValidationFailed for a method of somebody else, the same way twice at the same minute,
    or numbers out of range.
    """
    rules = [RuleSpec(*rule) for rule in wanted]
    _check(user, rules)
    with transaction.atomic():
        NotificationRule.objects.filter(user=user, urgency=urgency).delete()
        NotificationRule.objects.bulk_create(
            NotificationRule(
                user=user,
                urgency=urgency,
                contact_method=rule.method,
                delay_minutes=rule.delay,
                repeat_minutes=rule.every,
                repeat_times=rule.times,
                position=position,
            )
            for position, rule in enumerate(rules)
        )
        audit.record(
            "notification_rules.changed",
            by=by,
            now=now,
            target_type="user",
            target_id=user.public_id,
            target_label=str(user),
            changes={
                urgency: [[str(rule.method), rule.delay, rule.every, rule.times] for rule in rules]
            },
        )


def _check(user: User, rules: Sequence[RuleSpec]) -> None:
    if len({(rule.method.pk, rule.delay) for rule in rules}) < len(rules):
        raise _refused("The same way stands twice at the same minute")
    if len(rules) > MAX_RULES:
        raise _refused(f"No more than {MAX_RULES} rules for one urgency")
    for rule in rules:
        _check_one(user, rule)
    if sum(1 + rule.times for rule in rules) > MAX_MESSAGES:
        raise _refused(f"That makes more than {MAX_MESSAGES} messages about one page")


def _check_one(user: User, rule: RuleSpec) -> None:
    if rule.method.user_id != user.pk:
        raise _refused("That is not your way to be reached")
    if not 0 <= rule.delay <= MAX_DELAY_MINUTES:
        raise _refused(f"A delay is 0 to {MAX_DELAY_MINUTES} minutes")
    if not 0 <= rule.times <= MAX_REPEATS:
        raise _refused(f"A message is repeated up to {MAX_REPEATS} times")
    if not 0 <= rule.every <= MAX_REPEAT_MINUTES:
        raise _refused(f"Repetitions are 1 to {MAX_REPEAT_MINUTES} minutes apart")
    if bool(rule.times) != bool(rule.every):
        raise _refused("Say how often it is repeated, and how many minutes apart")


def _refused(sentence: str) -> ValidationFailed:
    return ValidationFailed(sentence, field="rules")
