"""A run of the escalation without rows: the engine, and what tickers and people do to it.

It says what the commands and the paging of incidents must do; tests/incidents/test_histories.py
holds the rows against it. Random policies and histories for both are made here.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from escalation.domain import engine
from escalation.domain.conditions import PRIORITIES, Case, Condition, HoursRule
from escalation.domain.engine import Act, Decision, Plan, State, StepPlan, Target, TargetKind
from escalation.domain.turns import Absence, Member, next_turn

T0 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
OFFICE, TEAM, ADMIN = 1, 1, 0
PEOPLE = (1, 2, 3)
OPENS, CLOSES = 9, 17
NEARLY = -1


class Office:
    """Open from 09:00 to 17:00 UTC, every day."""

    def open_at(self, instant: datetime) -> bool:
        return OPENS <= instant.hour < CLOSES

    def spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        raise NotImplementedError  # the guard asks, the engine does not

    def next_open(self, instant: datetime) -> datetime:
        today = instant.replace(hour=OPENS, minute=0, second=0, microsecond=0)
        return instant if self.open_at(instant) else today + timedelta(days=instant > today)


@dataclass(frozen=True)
class Paged:
    """One page: its key as the rows have it, when, and what was promised."""

    key: tuple[int, int, int, str, int]
    at: datetime
    due: datetime


@dataclass
class Run:
    """One incident. `absent`: who is disabled right now. `acts`: when, what, and the key of the
    pages that it was to send, without the person."""

    plan: Plan
    urgency: str
    priority: str | None
    now: datetime = T0
    open: bool = True
    snoozed_until: datetime | None = None
    waiting: bool = False
    waived: bool = False
    asked: int | None = None  # so many acts there were when somebody escalated last
    run: int = 1
    current: int | None = None
    state: State = field(init=False)
    absent: frozenset[int] = frozenset()
    turn: int = 0
    pages: list[Paged] = field(default_factory=list)
    acts: list[tuple[datetime, Act, tuple[int, int, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = engine.begin(self.plan, self.now)

    @property
    def case(self) -> Case:
        return Case(self.urgency, self.priority, {OFFICE: Office()}, at_any_hour=self.waived)

    def tick(self) -> None:
        """What a ticker does now."""
        if self.snoozed_until and self.snoozed_until <= self.now:
            self.wake()
        if not self.open:
            return
        before, waits = len(self.acts), False
        while (
            decision := engine.decide(self.plan, self.state, self.now, self.case)
        ).act != Act.WAIT:
            waits = decision.act is Act.WAIT_FOR_HOURS
            key = (self.run, self.state.cycle, decision.step_index)
            self.acts.append((self.now, decision.act, key))
            assert len(self.acts) < 20_000, "it does not come to rest"
            self.state = self._perform(decision)
        if len(self.acts) > before:
            self.waiting = waits and not self.waived

    def _decide(self) -> Decision:
        return engine.decide(self.plan, self.state, self.now, self.case)

    def _perform(self, decision: Decision) -> State:
        if decision.act in {Act.SKIP_STEP, Act.WAIT_FOR_HOURS}:
            return decision.skipped
        people = [] if decision.act is Act.PAGE_FALLBACK else self._people(decision.step)
        if not people and decision.act is Act.PAGE_STEP:
            return decision.skipped
        kind = "step" if people else "fallback"
        for person in people or [ADMIN]:
            key = (self.run, self.state.cycle, decision.step_index, kind, person)
            self.pages.append(Paged(key, self.now, self.state.due))
        if people:
            self.current = decision.step_index
        return decision.then

    def _people(self, step: StepPlan | None) -> list[int]:
        found: dict[int, None] = {}
        taken = self.turn
        for target in step.targets if step else ():
            if target.kind is TargetKind.USER and target.id not in self.absent:
                found[target.id] = None
            if target.kind is TargetKind.TEAM_TURN and (member := self._turn()):
                found[member] = None
                taken = member
        self.turn = taken
        return list(found)

    def _turn(self) -> int | None:
        gone = dict.fromkeys(self.absent, Absence.DISABLED)
        ring = [Member(pk, str(pk), gone.get(pk)) for pk in PEOPLE]
        member = next_turn(ring, self.turn).member
        return member.id if member else None

    def acknowledge(self) -> None:
        if self.open or self.snoozed_until:
            self.open, self.waiting, self.snoozed_until, self.waived = False, False, None, False

    def unacknowledge(self) -> None:
        if not self.open and not self.snoozed_until:
            due = engine.wait_again(self.plan, self.state, self.current, self.now).due
            self._reopen(replace(self.state, due=due))

    def snooze(self, minutes: int) -> None:
        self.acknowledge()
        self.snoozed_until = self.now + minutes * MINUTE

    def wake(self) -> None:
        self.snoozed_until = None
        self.run += 1
        self._reopen(replace(self.state, next_step=self.current or 0, due=self.now))

    def escalate(self) -> None:
        """Asked for again while the ticker has not come to it, it is due since the first time."""
        again = self.waived and self.asked == len(self.acts) and self.state.due <= self.now
        if self.open and not again:
            self.state = replace(self.state, due=self.now)
            self.waived, self.waiting, self.asked = True, False, len(self.acts)

    def restart(self) -> None:
        if self.open:
            self.run += 1
            self.current, self.waiting, self.waived = None, False, False
            self.state = engine.begin(self.plan, self.now)

    def change(self, urgency: str, priority: str | None) -> None:
        """One after the other, as a person would."""
        self._become(urgency, self.priority)
        self._become(self.urgency, priority)

    def leave(self, absent: frozenset[int]) -> None:
        self.absent = absent

    def _become(self, urgency: str, priority: str | None) -> None:
        before = replace(self.case, at_any_hour=False)
        self.urgency, self.priority = urgency, priority
        if not self.open:
            return
        if self.waiting and urgency != "LOW":
            self.waiting, self.state = False, replace(self.state, due=self.now)
        after = replace(self.case, at_any_hour=False)
        step = engine.newly_applying(self.plan, self.state, before, after, self.now)
        if step is None or self._was_paged(step):
            return
        self.run += 1
        self.state = State(min(self.state.cycle, self.plan.cycles), step, self.now)

    def _was_paged(self, step: int) -> bool:
        keys = [page.key for page in self.pages]
        return any(key[0] == self.run and key[2:4] == (step, "step") for key in keys)

    @property
    def ended(self) -> bool:
        """Whether the fallback contact was paged and the hourly repeat goes on."""
        return self.state.exhausted

    def _reopen(self, state: State) -> None:
        self.open = True
        self.state = replace(state, exhausted=False)


waits = st.sampled_from([0, 1, 5, 30, 240])
user = st.sampled_from(PEOPLE).map(lambda pk: Target(TargetKind.USER, pk))
team = st.just(Target(TargetKind.TEAM_TURN, TEAM))
conditions = st.builds(
    Condition,
    urgencies=st.frozensets(st.sampled_from(["HIGH", "MEDIUM", "LOW"]), max_size=2),
    priorities=st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(PRIORITIES))),
    hours=st.one_of(st.none(), st.booleans().map(lambda inside: HoursRule(OFFICE, inside))),
)
steps = st.builds(
    StepPlan,
    targets=st.lists(st.one_of(user, team), min_size=1, max_size=2).map(tuple),
    wait=waits.map(lambda minutes: minutes * MINUTE),
    when=st.one_of(st.just(Condition()), conditions),
)
plans = st.builds(
    Plan,
    steps=st.lists(steps, min_size=1, max_size=4).map(tuple),
    initial_delay=st.sampled_from([0, 3]).map(lambda minutes: minutes * MINUTE),
    repeat_count=st.sampled_from([0, 1, None]),
    low_waits_for=st.sampled_from([None, HoursRule(OFFICE)]),
)
urgencies = st.sampled_from(["HIGH", "MEDIUM", "LOW"])
priorities = st.sampled_from([None, "P1", "P5"])
# (what, its arguments); most often nothing but time passes.
deeds = st.one_of(
    st.just(("tick",)),
    st.just(("tick",)),
    st.just(("acknowledge",)),
    st.just(("unacknowledge",)),
    st.sampled_from([1, 30, 600]).map(lambda minutes: ("snooze", minutes)),
    st.just(("escalate",)),
    st.just(("restart",)),
    st.tuples(st.just("change"), urgencies, priorities),
    st.tuples(st.just("leave"), st.frozensets(st.sampled_from(PEOPLE))),
)
# Seconds until the deed (NEARLY: a second before something is due), and how late the ticker is.
moments = st.tuples(
    st.sampled_from([NEARLY, 0, 1, 59, 300, 1801, 7200, 40_000]),
    st.sampled_from([0, 0, 1, 29, 31, 600]),
)
histories = st.lists(st.tuples(moments, deeds), max_size=25)
runs = st.builds(Run, plan=plans, urgency=urgencies, priority=priorities)
