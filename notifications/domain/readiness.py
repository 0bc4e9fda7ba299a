"""Can this person be woken? Green, amber or red for each way and each person, with reasons. Pure.

A way is RED when nothing can come by it: no account of its channel works, or the last message
failed and nothing has arrived since. It is AMBER when something may come: never proven, no proof
for half a year, a device that has shown nothing for 30 days, a provider that fails just now, a test
page that nobody confirmed there. GREEN is the rest. What is switched off does not count.

A person is GREEN when what a page of high urgency uses has a green way that rings, a second way
beside it, and its first message leaves at once; RED when all of it is red; else AMBER.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.domain.choice import Method, Rule, Wish, choose
from notifications.domain.foretell import SILENT
from notifications.domain.standing import Look
from notifications.domain.words import Channel, Urgency

DEVICE_SEEN = timedelta(days=30)
PROOF_AGE = timedelta(days=182)
BELLS = frozenset({Channel.IN_APP})


class Light(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    OFF = "off"


class Service(StrEnum):
    """How the accounts of a channel stand. NONE: nothing leaves by it."""

    WELL = "well"
    FAILING = "failing"
    NONE = "none"


class Reason(StrEnum):
    """Why something is not green; the values are those of the API."""

    OFF = "off"
    NO_ACCOUNT = "no_account"
    FAILED = "failed"
    ACCOUNT_FAILS = "account_fails"
    UNPROVEN = "unproven"
    DEVICE_UNSEEN = "device_unseen"
    STALE = "stale"
    TEST_UNANSWERED = "test_unanswered"
    NO_WAY = "no_way"
    NOTHING_SURE = "nothing_sure"
    NOTHING_RINGS = "nothing_rings"
    ONLY_PUSH = "only_push"
    ONLY_WAY = "only_way"
    LATE = "late"
    NO_ANSWER = "no_answer"


WORDS = {
    Reason.OFF: "Off",
    Reason.NO_ACCOUNT: "This channel is not set up here",
    Reason.FAILED: "The last message failed",
    Reason.ACCOUNT_FAILS: "Its provider fails at the moment",
    Reason.UNPROVEN: "Not verified",
    Reason.DEVICE_UNSEEN: "This device has shown nothing for 30 days",
    Reason.STALE: "No proof for half a year",
    Reason.TEST_UNANSWERED: "The last test page was not confirmed here",
    Reason.NO_WAY: "No way works: nothing would arrive",
    Reason.NOTHING_SURE: "No way is proven",
    Reason.NOTHING_RINGS: "Nothing that is proven rings: mail and chat wait until somebody looks",
    Reason.ONLY_PUSH: "Push is the only way: without that device or its network, nothing arrives",
    Reason.ONLY_WAY: "There is only one way, and nothing when it fails",
    Reason.LATE: "The rules hold back the first message of high urgency",
    Reason.NO_ANSWER: "The last test page was not answered at all",
}
LOOKS = {
    Light.GREEN: Look("ok", "circle-check", "Can be woken"),
    Light.AMBER: Look("warn", "triangle-alert", "Not sure"),
    Light.RED: Look("danger", "circle-x", "Cannot be reached"),
    Light.OFF: Look("neutral", "bell-off", "Off"),
}
GRAVITY = {Light.OFF: 0, Light.GREEN: 0, Light.AMBER: 1, Light.RED: 2}
_DEAD = frozenset({Reason.NO_ACCOUNT, Reason.FAILED})


@dataclass(frozen=True, slots=True)
class WayFacts:
    """A contact method. `proof`: when it last showed that it works, by code, receipt or answer;
    `failing`: its last message that had an end failed;
    `own_road`: its address is a URL, which needs no account of ours; `name`: its channel."""

    id: int
    channel: str
    enabled: bool = True
    position: int = 0
    proof: datetime | None = None
    failing: bool = False
    own_road: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class LastDrill:
    """The newest test page: when, which ways it asked, whether it still waits, and whether a human
    answered it at all."""

    at: datetime
    ways: Collection[int] = ()
    running: bool = False
    answered: bool = False

    @property
    def outcome(self) -> bool | None:
        """Whether it was answered; None while it may still be."""
        return self.answered or (None if self.running else False)


@dataclass(frozen=True, slots=True)
class WayScore:
    id: int
    channel: str
    name: str
    light: Light
    reasons: tuple[Reason, ...] = ()
    proof: datetime | None = None

    @property
    def look(self) -> Look:
        return LOOKS[self.light]

    @property
    def words(self) -> list[str]:
        return [WORDS[reason] for reason in self.reasons]


@dataclass(frozen=True, slots=True)
class Score:
    """What is known of a person; `ways` in their order, those that are off included."""

    light: Light
    reasons: tuple[Reason, ...] = ()
    ways: tuple[WayScore, ...] = ()
    drill: LastDrill | None = None
    answered: bool | None = None

    @property
    def look(self) -> Look:
        return LOOKS[self.light]

    @property
    def words(self) -> list[str]:
        return [WORDS[reason] for reason in self.reasons]

    @property
    def proof(self) -> datetime | None:
        """The newest proof of a way that is switched on."""
        known = [way.proof for way in self.ways if way.proof and way.light is not Light.OFF]
        return max(known, default=None)


NOBODY = Score(Light.RED, (Reason.NO_WAY,))


def score(
    ways: Sequence[WayFacts],
    rules: Sequence[Rule],
    served: Mapping[str, Service],
    now: datetime,
    drill: LastDrill | None = None,
) -> Score:
    """The score of one person. `rules`: own ones; `served`: channels that are not named are not
    set up."""
    facts = [way for way in ways if way.channel not in BELLS]
    scored = {way.id: score_way(way, served, now, drill) for way in facts}
    methods = [Method(way.id, way.channel, way.enabled, way.position) for way in facts]
    chosen = choose(methods, rules, Wish(Urgency.HIGH))
    used = [scored[pk] for pk in dict.fromkeys(choice.method_id for choice in chosen)]
    first = min((one.delay for one in chosen if _alive(scored[one.method_id])), default=None)
    answered = drill.outcome if drill else None
    reasons = _reasons(used, late=bool(first), answered=answered)
    return Score(
        _light(used, reasons),
        reasons,
        tuple(scored[way.id] for way in sorted(facts, key=lambda way: (way.position, way.id))),
        drill,
        answered,
    )


def service_of(channel: str, served: Mapping[str, Service], *, own_road: bool) -> Service:
    """How a way is served: a channel that is not named in `served` is not set up."""
    return Service.WELL if own_road else served.get(channel, Service.NONE)


def score_way(
    way: WayFacts, served: Mapping[str, Service], now: datetime, drill: LastDrill | None = None
) -> WayScore:
    """One way; all reasons, the gravest first."""
    service = service_of(way.channel, served, own_road=way.own_road)
    reasons = tuple(_way_reasons(way, service, now, drill))
    if not way.enabled:
        return WayScore(way.id, way.channel, way.name, Light.OFF, (Reason.OFF, *reasons), way.proof)
    light = Light.AMBER if reasons else Light.GREEN
    if _DEAD.intersection(reasons):
        light = Light.RED
    return WayScore(way.id, way.channel, way.name, light, reasons, way.proof)


def worst(lights: Collection[Light]) -> Light:
    """Of people of whom each must be reached, because they take turns; RED for nobody."""
    return max(lights, key=GRAVITY.__getitem__, default=Light.RED)


def best(lights: Collection[Light]) -> Light:
    """Of people who are paged together; RED for nobody."""
    return min(lights, key=GRAVITY.__getitem__, default=Light.RED)


def _way_reasons(
    way: WayFacts, service: Service, now: datetime, drill: LastDrill | None
) -> list[Reason]:
    proof = way.proof
    found = []
    if service is Service.NONE:
        found.append(Reason.NO_ACCOUNT)
    if way.failing:
        found.append(Reason.FAILED)
    if service is Service.FAILING:
        found.append(Reason.ACCOUNT_FAILS)
    if proof is None:
        found.append(Reason.UNPROVEN)
    elif way.channel == Channel.PUSH and proof < now - DEVICE_SEEN:
        found.append(Reason.DEVICE_UNSEEN)
    elif proof < now - PROOF_AGE:
        found.append(Reason.STALE)
    if drill and not drill.running and way.id in drill.ways and not _since(proof, drill.at):
        found.append(Reason.TEST_UNANSWERED)
    return found


def _since(proof: datetime | None, at: datetime) -> bool:
    return proof is not None and proof >= at


def _alive(way: WayScore) -> bool:
    return way.light in (Light.GREEN, Light.AMBER)


def _reasons(used: Sequence[WayScore], *, late: bool, answered: bool | None) -> tuple[Reason, ...]:
    alive = [way for way in used if _alive(way)]
    if not alive:
        return (Reason.NO_WAY,)
    green = [way for way in alive if way.light is Light.GREEN]
    found = []
    if not green:
        found.append(Reason.NOTHING_SURE)
    elif all(way.channel in SILENT for way in green):
        found.append(Reason.NOTHING_RINGS)
    if all(way.channel == Channel.PUSH for way in alive):
        found.append(Reason.ONLY_PUSH)
    elif len(alive) == 1:
        found.append(Reason.ONLY_WAY)
    if late:
        found.append(Reason.LATE)
    if answered is False:
        found.append(Reason.NO_ANSWER)
    return tuple(found)


def _light(used: Sequence[WayScore], reasons: Sequence[Reason]) -> Light:
    if not any(_alive(way) for way in used):
        return Light.RED
    return Light.AMBER if reasons else Light.GREEN
