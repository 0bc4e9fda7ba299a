"""The record of duty: facts are what the resolver said, whoever cuts the recording where."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.domain import ledger
from schedules.domain.edit import successor
from schedules.domain.ledger import Correction, Fact, Recorded, Running
from schedules.domain.model import Because, OnCall, Schedule, Source, Span
from schedules.domain.resolver import spans
from schedules.domain.windows import Interval, united
from tests.schedules.domain.rota import layer, override, schedule, utc, version
from tests.schedules.domain.rota_strategies import schedules as random_schedules
from tests.schedules.domain.rota_strategies import versions

HERE = utc("2026-03-28T12:00Z")
LONDON = ZoneInfo("Europe/London")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START, END = HERE - 3 * DAY, HERE + 3 * DAY
PERIOD = int((END - START) / MINUTE)
few = settings(max_examples=25)
near_here = random_schedules(HERE, LONDON)
minutes = st.integers(0, PERIOD).map(lambda at: START + at * MINUTE)
Said = dict[tuple, list[Interval]]


def follow(of: Schedule, *cuts: datetime) -> Recorded:
    """Record from START to END in the strides that `cuts` make."""
    facts, running, since = [], (), START
    for until in [*sorted(cuts), END]:
        found = ledger.recorded(running, spans(of, since, until))
        facts += found.facts
        running, since = found.running, until
    return Recorded(tuple(facts), running)


def said(facts: list[Fact]) -> Said:
    """Who served for which reason and when."""
    found: Said = {}
    for fact in facts:
        found.setdefault(fact.turn, []).append((fact.start, fact.end))
    return {turn: united(periods) for turn, periods in found.items()}


def everything(recorded: Recorded) -> list[Fact]:
    return [*recorded.facts, *ledger.ended(recorded.running, END)]


def resolved(of: Schedule, start: datetime = START, end: datetime = END) -> Said:
    return said(
        [
            Fact(one.user, span.start, span.end, one.because)
            for span in spans(of, start, end)
            for one in span.on_call
        ]
    )


def applied(facts: list[Fact], rows: list[Correction]) -> list[Fact]:
    """What stands once the corrections are in."""
    corrected = {row.corrects for row in rows}
    kept = [fact for number, fact in enumerate(facts) if number not in corrected]
    return kept + [row.fact for row in rows if not row.withdrawn]


@few
@given(near_here)
def test_the_record_is_what_the_resolver_said(of: Schedule):
    assert said(everything(follow(of))) == resolved(of)


@few
@given(near_here, st.lists(minutes, max_size=6))
def test_cutting_the_recording_elsewhere_changes_no_fact(of: Schedule, cuts: list[datetime]):
    once, often = follow(of), follow(of, *cuts)
    assert sorted(once.facts, key=str) == sorted(often.facts, key=str)
    assert set(once.running) == set(often.running)


@few
@given(near_here, minutes)
def test_writing_down_what_goes_on_loses_nothing(of: Schedule, at: datetime):
    found = follow(of)
    written = ledger.cut(found.running, at)
    together = [*found.facts, *written.facts, *ledger.ended(written.running, END)]
    assert said(together) == resolved(of)
    assert all(fact.end <= at for fact in written.facts)


@few
@given(st.data(), minutes)
def test_an_edit_at_a_cut_changes_no_fact_before_it(data: st.DataObject, cut: datetime):
    old = data.draw(versions(HERE, LONDON))
    new = data.draw(versions(HERE, LONDON))
    before = schedule(layer(old))
    after = schedule(layer(*successor(old, new.rotation, cut, restrictions=new.restrictions)))
    change = ledger.difference(spans(before, START, END), spans(after, START, END))
    assert not change or change.period[0] >= cut
    recorded = [said(everything(follow(of, cut))) for of in (before, after)]
    assert _up_to(cut, recorded[0]) == _up_to(cut, recorded[1])


@few
@given(near_here, near_here)
def test_corrections_make_the_record_say_what_the_new_rules_say(one: Schedule, other: Schedule):
    facts = everything(follow(one))
    change = ledger.difference(spans(one, START, END), spans(other, START, END))
    rows = ledger.corrections(list(enumerate(facts)), change)
    stand = said(applied(facts, rows))
    assert _by_person(stand) == _by_person(resolved(other))
    assert all(row.fact.start < row.fact.end for row in rows)


@few
@given(near_here)
def test_a_change_that_changes_nothing_corrects_nothing(of: Schedule):
    again = replace(of, zone=ZoneInfo("UTC"))
    change = ledger.difference(spans(of, START, END), spans(again, START, END))
    assert not change
    assert ledger.corrections(list(enumerate(everything(follow(of)))), change) == []


def _up_to(cut: datetime, found: Said) -> Said:
    early = {
        turn: [(start, min(end, cut)) for start, end in periods if start < cut]
        for turn, periods in found.items()
    }
    return {turn: periods for turn, periods in early.items() if periods}


def _by_person(found: Said) -> dict[int, list[Interval]]:
    people: dict[int, list[Interval]] = {}
    for turn, periods in found.items():
        people.setdefault(turn[0], []).extend(periods)
    return {person: united(periods) for person, periods in people.items()}


WEEK = Because(Source.LAYER, 1, "layer 1")
ALICE = Running(1, START, WEEK)


def test_what_begins_or_ends_late_is_marked_and_what_goes_on_is_not():
    carol = Running(3, START, Because(Source.LAYER, 2, "layer 2"))
    there = (OnCall(3, carol.because), OnCall(2, WEEK))
    found = ledger.recorded([ALICE, carol], [Span(HERE, END, there)], late=True)
    assert [(fact.user, fact.end, fact.backfilled) for fact in found.facts] == [(1, HERE, True)]
    assert [(one.user, one.backfilled) for one in found.running] == [(3, False), (2, True)]


def test_a_new_name_of_a_layer_ends_no_turn():
    renamed = OnCall(1, Because(Source.LAYER, 1, "Days"))
    assert ledger.recorded([ALICE], [Span(HERE, END, (renamed,))]) == Recorded((), (ALICE,))


def test_somebody_taken_off_in_the_past_is_withdrawn_when_nobody_came():
    fact = Fact(1, START, HERE, WEEK)
    change = ledger.difference([Span(START, HERE, (OnCall(1, WEEK),))], [Span(START, HERE, ())])
    assert ledger.corrections([(7, fact)], change) == [Correction(7, fact, withdrawn=True)]


def test_a_difference_with_another_cause_is_left_alone():
    """Dave was disabled since: the rules of today do not know him, the record does."""
    rota = schedule(layer(version("UTC", "day 1 @2026-03-20T09:00 A,B")))
    covered = replace(rota, overrides=(override("add C 2026-03-28T00:00Z 2026-03-28T01:00Z"),))
    dave = Fact(4, START, END, WEEK)
    change = ledger.difference(spans(rota, START, END), spans(covered, START, END))
    rows = ledger.corrections([(1, dave)], change)
    assert [(row.corrects, row.fact.user) for row in rows] == [(None, 3)]
