"""The record of duty: what of the resolver's answers becomes a fact, and how a fact is corrected.

Pure. A fact is a closed span of one person for one reason. What is still going on is `Running` and
becomes a fact when it ends. Cutting the recording elsewhere changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schedules.domain.model import Because, Source, Span, UserId
from schedules.domain.windows import Interval, united, without

# Who, and the rule or override that says so. Its name may change; the turn is the same.
Turn = tuple[UserId, Source, int]
FactId = int


@dataclass(frozen=True, slots=True)
class Fact:
    """A person was on call in `[start, end)`; `backfilled`: computed after downtime."""

    user: UserId
    start: datetime
    end: datetime
    because: Because
    backfilled: bool = False

    @property
    def turn(self) -> Turn:
        return self.user, self.because.type, self.because.id


@dataclass(frozen=True, slots=True)
class Running:
    """A person is on call since `since`; when that ends it becomes a fact."""

    user: UserId
    since: datetime
    because: Because
    backfilled: bool = False

    @property
    def turn(self) -> Turn:
        return self.user, self.because.type, self.because.id

    def until(self, end: datetime, *, late: bool = False) -> Fact:
        return Fact(self.user, self.since, end, self.because, self.backfilled or late)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Facts to append, and what is still going on."""

    facts: tuple[Fact, ...]
    running: tuple[Running, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A new row. With `corrects` it stands for that fact; `withdrawn`: nobody served then."""

    corrects: FactId | None
    fact: Fact
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of the rules does to a past period: who went and who came, and when."""

    went: Mapping[Turn, list[Interval]]
    came: Mapping[Turn, list[Interval]]
    reasons: Mapping[Turn, Because]

    def __bool__(self) -> bool:
        return bool(self.went or self.came)

    @property
    def period(self) -> Interval:
        """From the first to the last instant that differs. Raises ValueError if there is none."""
        found = [one for by_turn in (self.went, self.came) for one in by_turn.values()]
        return min(one[0][0] for one in found), max(one[-1][1] for one in found)


def recorded(running: Iterable[Running], spans: Iterable[Span], *, late: bool = False) -> Recorded:
    """Follow the answers of `spans`, which go on where `running` was left off.

    `late` marks what begins or ends in them as computed after downtime.
    """
    going = {one.turn: one for one in running}
    facts: list[Fact] = []
    for span in spans:
        there = {(one.user, one.because.type, one.because.id): one for one in span.on_call}
        over = [turn for turn in going if turn not in there]
        facts += [going.pop(turn).until(span.start, late=late) for turn in over]
        for turn, one in there.items():
            going.setdefault(turn, Running(one.user, span.start, one.because, late))
    return Recorded(_lasting(facts), tuple(going.values()))


def ended(running: Iterable[Running], at: datetime) -> tuple[Fact, ...]:
    """Close everything at `at`: the schedule answers no more."""
    return _lasting(one.until(at) for one in running)


def cut(running: Iterable[Running], at: datetime) -> Recorded:
    """Write down what has been going on up to `at`, so that it can be corrected; it goes on."""
    earlier = [one for one in running if one.since < at]
    later = [one for one in running if one.since >= at]
    left = [replace(one, since=at) for one in earlier]
    return Recorded(_lasting(one.until(at) for one in earlier), tuple(left + later))


def difference(before: Iterable[Span], after: Iterable[Span]) -> Difference:
    """Compare the answers over one period before and after a change of the rules."""
    old, new = _by_turn(before), _by_turn(after)
    reasons = {turn: because for turn, (because, _) in (old | new).items()}
    went, came = {}, {}
    for turn in reasons:
        was, is_now = old.get(turn, _NEVER)[1], new.get(turn, _NEVER)[1]
        if left := without(was, is_now):
            went[turn] = left
        if joined := without(is_now, was):
            came[turn] = joined
    return Difference(went, came, reasons)


def corrections(facts: Sequence[tuple[FactId, Fact]], change: Difference) -> list[Correction]:
    """Return the rows that make the record say what the change says; untouched facts stay.

    Only what the change itself moves is corrected: where the record differs from the rules for
    another reason (a person was disabled since), it was right and stays.
    """
    served: dict[UserId, list[Interval]] = defaultdict(list)
    touched: list[tuple[FactId, Fact]] = []
    rows: list[Correction] = []
    for number, fact in facts:
        left = without([(fact.start, fact.end)], change.went.get(fact.turn, []))
        served[fact.user] += left
        if left == [(fact.start, fact.end)]:
            continue
        touched.append((number, fact))
        rows += [Correction(number, replace(fact, start=s, end=e)) for s, e in left]
    rows += _arrivals(change, served, touched)
    named = {row.corrects for row in rows}
    rows += [Correction(number, fact, True) for number, fact in touched if number not in named]
    return rows


def _arrivals(
    change: Difference,
    served: Mapping[UserId, list[Interval]],
    touched: Sequence[tuple[FactId, Fact]],
) -> list[Correction]:
    """Whoever came, as far as the record does not have him already."""
    found = []
    for turn, periods in change.came.items():
        for start, end in without(periods, united(served.get(turn[0], []))):
            fact = Fact(turn[0], start, end, change.reasons[turn])
            replaced = (one for one, old in touched if old.start < end and old.end > start)
            found.append(Correction(next(replaced, None), fact))
    return found


_NEVER: tuple[Because | None, list[Interval]] = (None, [])


def _by_turn(spans: Iterable[Span]) -> dict[Turn, tuple[Because, list[Interval]]]:
    found: dict[Turn, tuple[Because, list[Interval]]] = {}
    for span in spans:
        for one in span.on_call:
            turn = (one.user, one.because.type, one.because.id)
            found.setdefault(turn, (one.because, []))[1].append((span.start, span.end))
    return {turn: (because, united(periods)) for turn, (because, periods) in found.items()}


def _lasting(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(one for one in facts if one.start < one.end)
