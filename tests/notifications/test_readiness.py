"""Green, amber or red: the rules of reachability, and what the rows make of them."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.choice import Rule
from notifications.domain.readiness import (
    LastDrill,
    Light,
    Reason,
    Score,
    Service,
    WayFacts,
    best,
    score,
    score_way,
    worst,
)
from notifications.domain.words import Channel, Urgency

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SERVED = dict.fromkeys(Channel, Service.WELL)
LATELY = NOW - timedelta(days=3)


def way(pk: int, channel: Channel, **more: object) -> WayFacts:
    more.setdefault("proof", LATELY)
    return WayFacts(pk, channel, **more)  # type: ignore[arg-type]


def of(*ways: WayFacts, rules: tuple[Rule, ...] = (), drill: LastDrill | None = None) -> Score:
    return score(ways, rules, SERVED, NOW, drill)


MAIL, SMS, PUSH = way(1, Channel.EMAIL), way(2, Channel.SMS), way(3, Channel.PUSH)


def test_whoever_has_two_proven_ways_of_which_one_rings_can_be_woken():
    assert of(MAIL, SMS) == Score(Light.GREEN, (), of(MAIL, SMS).ways)


@pytest.mark.parametrize(
    ("ways", "light", "reason"),
    [
        ([], Light.RED, Reason.NO_WAY),
        ([way(2, Channel.SMS, enabled=False)], Light.RED, Reason.NO_WAY),
        ([way(2, Channel.SMS, failing=True)], Light.RED, Reason.NO_WAY),
        ([way(9, Channel.IN_APP)], Light.RED, Reason.NO_WAY),
        ([way(1, Channel.EMAIL, proof=None), SMS], Light.GREEN, None),
        ([way(1, Channel.EMAIL, proof=None)], Light.AMBER, Reason.NOTHING_SURE),
        ([MAIL, way(2, Channel.SMS, proof=None)], Light.AMBER, Reason.NOTHING_RINGS),
        ([PUSH, way(4, Channel.PUSH)], Light.AMBER, Reason.ONLY_PUSH),
        ([PUSH, way(4, Channel.SMS, enabled=False)], Light.AMBER, Reason.ONLY_PUSH),
        ([SMS], Light.AMBER, Reason.ONLY_WAY),
    ],
)
def test_people_are_doubted_for_a_reason(ways, light, reason):
    found = of(*ways)
    assert found.light is light
    assert reason in found.reasons or (found.reasons == () and reason is None)


@pytest.mark.parametrize(
    ("facts", "service", "light", "reasons"),
    [
        (SMS, Service.WELL, Light.GREEN, ()),
        (SMS, Service.NONE, Light.RED, (Reason.NO_ACCOUNT,)),
        (SMS, Service.FAILING, Light.AMBER, (Reason.ACCOUNT_FAILS,)),
        (way(2, Channel.SMS, own_road=True), Service.NONE, Light.GREEN, ()),
        (way(2, Channel.SMS, failing=True), Service.WELL, Light.RED, (Reason.FAILED,)),
        (way(2, Channel.SMS, proof=None), Service.WELL, Light.AMBER, (Reason.UNPROVEN,)),
        (
            way(2, Channel.SMS, proof=NOW - timedelta(days=183)),
            Service.WELL,
            Light.AMBER,
            (Reason.STALE,),
        ),
        (
            way(3, Channel.PUSH, proof=NOW - timedelta(days=31)),
            Service.WELL,
            Light.AMBER,
            (Reason.DEVICE_UNSEEN,),
        ),
        (
            way(2, Channel.SMS, enabled=False, proof=None),
            Service.WELL,
            Light.OFF,
            (Reason.OFF, Reason.UNPROVEN),
        ),
    ],
)
def test_each_way_has_a_light_and_says_why(facts, service, light, reasons):
    found = score_way(facts, {facts.channel: service}, NOW)
    assert (found.light, found.reasons) == (light, reasons)


def test_only_the_ways_that_own_rules_use_count_and_when_they_begin():
    by_mail = Rule(Urgency.HIGH, MAIL.id)
    assert Reason.NOTHING_RINGS in of(MAIL, SMS, rules=(by_mail,)).reasons
    late = [Rule(Urgency.HIGH, pk, delay_minutes=5) for pk in (MAIL.id, SMS.id)]
    assert of(MAIL, SMS, rules=tuple(late)).reasons == (Reason.LATE,)


def test_what_cannot_send_does_not_make_the_first_message_early():
    dead = way(4, Channel.VOICE, failing=True)
    rules = (Rule(Urgency.HIGH, dead.id), Rule(Urgency.HIGH, SMS.id, delay_minutes=3))
    assert Reason.LATE in of(dead, SMS, rules=rules).reasons


def test_a_test_page_counts_where_it_arrived_once_it_is_over():
    since = NOW - timedelta(hours=2)
    answered = way(2, Channel.SMS, proof=since + timedelta(minutes=1))
    over = LastDrill(since, {1, 2})
    found = of(MAIL, answered, drill=LastDrill(since, {1, 2}, answered=True))
    assert found.answered
    assert [one.reasons for one in found.ways] == [(Reason.TEST_UNANSWERED,), ()]
    assert found.light is Light.GREEN  # mail is amber, but what rings is proven
    silent = of(MAIL, SMS, drill=over)
    assert (silent.light, silent.answered) == (Light.AMBER, False)
    assert Reason.NO_ANSWER in silent.reasons
    running = LastDrill(since, {1, 2}, running=True)
    assert of(MAIL, SMS, drill=running).answered is None


def test_those_who_take_turns_are_as_good_as_the_worst_of_them_together_as_the_best():
    lights = [Light.GREEN, Light.RED, Light.AMBER]
    assert (worst(lights), best(lights)) == (Light.RED, Light.GREEN)
    assert worst([]) is best([]) is Light.RED
