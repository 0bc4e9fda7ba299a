"""How a person is reached: which contact methods, when, together or one after the other. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from notifications.domain.reasons import Why
from notifications.domain.words import Channel, Urgency

# The quietest first: mail waits to be read, a webhook may ring, a call does.
QUIET_ORDER: tuple[str, ...] = (
    Channel.EMAIL,
    Channel.SLACK,
    Channel.TEAMS,
    Channel.GOOGLE_CHAT,
    Channel.DISCORD,
    Channel.MATTERMOST,
    Channel.TELEGRAM,
    Channel.WEBHOOK,
    Channel.NTFY,
    Channel.PUSHOVER,
    Channel.PUSH,
    Channel.WHATSAPP,
    Channel.SMS,
    Channel.VOICE,
)
NO_DELAY = timedelta(0)


@dataclass(frozen=True, slots=True)
class Method:
    """A contact method as far as the choice needs it; `enabled` is the person's own switch."""

    id: int
    channel: str
    enabled: bool = True
    position: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A personal rule for one urgency: this method, so many minutes after the page.

    Then `repeat_times` more, `repeat_minutes` apart.
    """

    urgency: str
    method_id: int
    delay_minutes: int = 0
    position: int = 0
    repeat_minutes: int = 0
    repeat_times: int = 0

    @property
    def minutes(self) -> list[int]:
        """Every minute at which it sends."""
        return [self.delay_minutes + n * self.repeat_minutes for n in range(self.repeat_times + 1)]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the sender of a page asks for.

    `channels`: those of an escalation step; `all_channels`: the fallback contact, everything at
    once; `quiet`: news, on the single quietest channel.
    """

    urgency: str
    channels: Collection[str] = ()
    all_channels: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One delivery to make. `ordered`: a link of a chain, tried when the one before it fails.

    `number` counts the messages to the same method from 1: later ones are repetitions.
    """

    method_id: int
    delay: timedelta
    ordered: bool
    position: int
    number: int = 1
    because: str = field(default="", compare=False)


def choose(methods: Sequence[Method], rules: Sequence[Rule], wish: Wish) -> list[Choice]:
    """The deliveries of one person for one page; empty only when nothing is reachable.

    The channels of a step count when technically reachable, whatever the person switched off; when
    none of them is, every reachable channel takes their place: never silence. Without channels in
    the step the person's own rules count, without rules the defaults.
    """
    ranked = sorted(methods, key=lambda method: (method.position, method.id))
    reachable = [method for method in ranked if method.enabled]
    if wish.quiet:
        return _at_once(_quietest(reachable), Why.QUIETEST)
    if wish.all_channels:
        return _at_once(reachable, Why.EVERYTHING)
    named = [method for method in ranked if method.channel in wish.channels]
    if named:
        return _default(named, wish.urgency, Why.STEP)
    if wish.channels:
        return _default(reachable, wish.urgency, Why.STEP_UNREACHABLE)
    return _personal(reachable, rules, wish.urgency) or _default(reachable, wish.urgency)


def first_message_after(
    methods: Sequence[Method], rules: Sequence[Rule], urgency: str
) -> timedelta:
    """How long a person's own rules hold back everything; zero when nothing is reachable."""
    chosen = choose(methods, rules, Wish(urgency))
    return min((choice.delay for choice in chosen), default=NO_DELAY)


def _quietest(methods: Sequence[Method]) -> list[Method]:
    def loudness(method: Method) -> int:
        known = method.channel in QUIET_ORDER
        return QUIET_ORDER.index(method.channel) if known else len(QUIET_ORDER)

    return sorted(methods, key=loudness)[:1]


def _at_once(methods: Sequence[Method], why: Why) -> list[Choice]:
    return [
        Choice(method.id, NO_DELAY, False, at, because=why) for at, method in enumerate(methods)
    ]


def _default(methods: Sequence[Method], urgency: str, why: Why | None = None) -> list[Choice]:
    """HIGH: all at once. Else one after the other; a chain of one needs no order."""
    if urgency == Urgency.HIGH or len(methods) < 2:
        return _at_once(methods, why or Why.ALL_AT_ONCE)
    because = why or Why.ONE_BY_ONE
    return [
        Choice(method.id, NO_DELAY, True, at, because=because) for at, method in enumerate(methods)
    ]


def _personal(methods: Sequence[Method], rules: Sequence[Rule], urgency: str) -> list[Choice]:
    usable = {method.id for method in methods}
    mine = [rule for rule in rules if rule.urgency == urgency and rule.method_id in usable]
    planned = {
        (minute, rule.method_id): rule.position
        for rule in reversed(mine)
        for minute in rule.minutes
    }
    order = sorted(planned, key=lambda key: (key[0], planned[key], key[1]))
    sent: Counter[int] = Counter()
    choices = []
    for at, (minute, method) in enumerate(order):
        sent[method] += 1
        delay = timedelta(minutes=minute)
        choices.append(Choice(method, delay, False, at, sent[method], Why.RULE))
    return choices
