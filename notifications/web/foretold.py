"""What a person's rules would do, as pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core import clock
from notifications import accounts, queries
from notifications.commands.methods import ACCOUNT_LABEL
from notifications.commands.rules import RuleSpec
from notifications.domain import foretell, gathering
from notifications.domain.choice import Method, Rule, Wish, choose
from notifications.models import ContactMethod, LowDigest, Urgency

EXAMPLE = datetime(2026, 1, 1, foretell.START)  # noqa: DTZ001  a clock on the wall, no instant


@dataclass(frozen=True, slots=True)
class Foretold:
    story: str
    holes: list[str]


def _name(row: ContactMethod) -> str:
    """The kind always: two ways with one label must not read the same."""
    kind = str(row.get_channel_display())
    return f"{kind} ({row.label})" if row.label and row.label != ACCOUNT_LABEL else kind


def foretold(
    methods: Sequence[ContactMethod],
    rules: Sequence[Rule],
    urgency: str,
    digest: LowDigest | None = None,
) -> Foretold:
    """The sentence, and what is missing. Ways whose channel is not set up are not counted."""
    chosen = choose(
        [Method(row.pk, row.channel, row.enabled, row.position) for row in methods],
        rules,
        Wish(urgency),
    )
    unserved = accounts.mute_ways(methods, clock.now())
    mute = {row.pk: _name(row) for row in methods if row.pk in unserved}
    choices = [choice for choice in chosen if choice.method_id not in mute]
    left_out = dict.fromkeys(mute[one.method_id] for one in chosen if one.method_id in mute)
    ways = {
        row.pk: foretell.Named(
            _name(row),
            row.channel,
            bool(row.verified_at or row.proven_at),
        )
        for row in methods
    }
    holes = foretell.holes(choices, ways, urgency)
    holes += [f"{name} is not counted: the channel is not set up here." for name in left_out]
    until = _gathered_until(digest) if digest and urgency == Urgency.LOW else None
    return Foretold(foretell.story(choices, ways, EXAMPLE, until), holes)


def _gathered_until(row: LowDigest) -> datetime | None:
    chosen = gathering.LowDigest(gathering.Rhythm(row.rhythm), row.hour, ZoneInfo("UTC"))
    found = gathering.next_digest(chosen, EXAMPLE.replace(tzinfo=UTC))
    return found and found.replace(tzinfo=None)


def of_rows(
    methods: Sequence[ContactMethod],
    rows: Sequence,
    urgency: str,
    digest: LowDigest | None = None,
) -> Foretold:
    return foretold(methods, [queries.rule_value(row) for row in rows], urgency, digest)


def of_specs(
    methods: Sequence[ContactMethod],
    specs: Sequence[RuleSpec],
    urgency: str,
    digest: LowDigest | None = None,
) -> Foretold:
    rules = [
        Rule(urgency, spec.method.pk, spec.delay, at, spec.every, spec.times)
        for at, spec in enumerate(specs)
    ]
    return foretold(methods, rules, urgency, digest)


def wake_surely(methods: Sequence[ContactMethod]) -> list[RuleSpec]:
    """The preset, for the ways that are switched on."""
    on = {row.pk: row for row in methods if row.enabled}
    plan = foretell.wake_surely([(pk, row.channel) for pk, row in on.items()])
    return [RuleSpec(on[pk], minute, every, times) for pk, minute, every, times in plan]
