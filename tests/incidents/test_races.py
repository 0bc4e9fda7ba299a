"""Two people, or a person and the machinery, at the same row: it ends well in either order."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import count, pairwise

import pytest
from django.db import connection, connections, transaction

from core.errors import ProductError
from escalation.commands import TargetSpec
from incidents import commands, paging
from incidents.commands.records import lock, log
from incidents.domain.responders import WAITING
from incidents.models import EventType, Incident, IncidentEvent, Note, Status
from notifications.models import OPEN_STATES, Delivery
from notifications.sender import guards
from tests.incidents.conftest import MINUTE, T0, policy_of
from tests.incidents.test_stories import by, open_incident
from tests.locks import somebody_waits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]
HOUR = timedelta(hours=1)
PATIENCE = 5.0
STATUS_AFTER = {
    EventType.CREATED: Status.OPEN,
    EventType.ACKNOWLEDGED: Status.ACKNOWLEDGED,
    EventType.UNACKNOWLEDGED: Status.OPEN,
    EventType.RESOLVED: Status.RESOLVED,
}
ANSWERS = (EventType.RESPONDER_ACCEPTED, EventType.RESPONDER_DECLINED)
Rival = Callable[[Callable[[], object]], Future]


@pytest.fixture
def new_incident(make_service, people, run_until) -> Callable[[], Incident]:
    """Ann was paged, has it and has asked Cat; the acknowledgement ends after five minutes."""
    spec = policy_of((5, [TargetSpec(user=people.ann)]), (5, [TargetSpec(user=people.ben)]))
    service = make_service(spec).service
    service.ack_timeout_minutes = 5
    service.save()

    def make() -> Incident:
        found = open_incident(service)
        run_until(T0)
        commands.ask(found, commands.Helpers(people=[people.cat]), by=by(people.ann), now=T0)
        return commands.acknowledge(found, by=by(people.ann), now=T0)

    return make


@pytest.fixture
def incident(new_incident) -> Incident:
    return new_incident()


@pytest.fixture
def rival() -> Iterator[Rival]:
    """Does something in a thread of its own; returns as soon as that waits for a lock of ours."""
    futures = []

    def run(action: Callable[[], object]) -> object:
        try:
            return action()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:

        def start(action: Callable[[], object]) -> Future:
            futures.append(pool.submit(run, action))
            end = time.monotonic() + PATIENCE
            while not futures[-1].done() and not somebody_waits():
                assert time.monotonic() < end, "it neither ends nor waits"
                time.sleep(0.005)
            return futures[-1]

        yield start


def test_a_note_waits_for_whoever_has_the_incident_in_hand(incident, people, rival) -> None:
    """Both put the end of the acknowledgement off; in another order they block each other."""

    def write() -> None:
        commands.add_note(incident, "On it", author=people.ben, by=by(people.ben), now=T0 + MINUTE)

    with transaction.atomic():
        held = lock(incident)
        note = rival(write)
        log(held, EventType.TITLE_CHANGED, by=by(people.ann), now=T0 + MINUTE)
    note.result(PATIENCE)
    assert Note.objects.count() == 1


def test_a_deletion_waits_for_what_is_just_being_published(incident, people, rival) -> None:
    """Publishing has the entries in hand, then writes about their incident."""
    with transaction.atomic():
        entries = IncidentEvent.objects.filter(incident=incident, published_at=None)
        assert list(entries.select_for_update())
        gone = rival(lambda: commands.delete(incident, by=by(people.root), now=T0))
        entries.first().incident.events.create(type=EventType.NOTIFICATION_SENT, at=T0)
    gone.result(PATIENCE)
    assert not Incident.objects.exists()


def test_whoever_writes_about_an_incident_holds_up_nobody_who_acts_on_it(
    incident, people, rival
) -> None:
    """Publishing writes about many incidents in one transaction; acting on one must not wait."""
    commands.unacknowledge(incident, by=by(people.ann), now=T0)
    with transaction.atomic():
        incident.events.create(type=EventType.NOTIFICATION_SENT, at=T0)
        connection.check_constraints()  # what a commit does first: the incident has to be there
        assert rival(lambda: paging.advance(T0 + HOUR)).done()
        taken = rival(lambda: commands.acknowledge(incident, by=by(people.ben), now=T0 + HOUR))
        assert taken.done() and taken.result().status == Status.ACKNOWLEDGED
    assert incident.pages.filter(user=people.ben).exists()


def test_a_sender_that_hangs_with_the_pages_in_hand_holds_up_nobody_who_acknowledges(
    people, make_service, run_until, rival
) -> None:
    incident = open_incident(make_service(policy_of((5, [TargetSpec(user=people.ann)]))).service)
    run_until(T0)
    with transaction.atomic():
        held = list(Delivery.objects.filter(state="QUEUED").select_for_update())
        assert held
        taken = rival(lambda: commands.acknowledge(incident, by=by(people.ann), now=T0))
        assert taken.done() and taken.result().status == Status.ACKNOWLEDGED
    refused = guards.unwanted(held, T0)
    assert set(refused.values()) == {"the incident is acknowledged"}
    assert set(refused) == {row.pk for row in held}


def _deeds(incident: Incident, people) -> dict[str, Callable[[], object]]:
    """What may happen to it at one moment."""
    ann, ben, cat = by(people.ann), by(people.ben), by(people.cat)
    now, late = T0 + MINUTE, T0 + HOUR
    return {
        "accept": lambda: commands.answer(incident, people.cat, accept=True, by=cat, now=now),
        "decline": lambda: commands.answer(incident, people.cat, accept=False, by=cat, now=now),
        "silence": lambda: commands.expire_requests(late),
        "timeout": lambda: commands.expire_acknowledgements(late),
        "taken again": lambda: commands.acknowledge(incident, by=ben, now=now),
        "resolve": lambda: commands.resolve(incident, by=ben, now=now),
        "given away": lambda: commands.assign(
            incident, user=people.ben, restart=True, by=ann, now=now
        ),
        "the ticker": lambda: paging.advance(late),
    }


RIVALS = (
    ("accept", "decline"),
    ("accept", "silence"),
    ("decline", "resolve"),
    ("timeout", "taken again"),
    ("timeout", "given away"),
    ("given away", "resolve"),
    ("given away", "the ticker"),
)


def test_rivals_leave_one_story_and_a_next_step(new_incident, people, at_once) -> None:
    """All in one test: each one of its kind begins with an empty database, which takes a second."""
    for one, other in RIVALS:
        incident = new_incident()
        deeds, turn = _deeds(incident, people), count()

        def race(deeds=deeds, pair=(one, other), turn=turn) -> object:
            return deeds[pair[next(turn) % 2]]()

        results = at_once(4, race)
        odd = [error for error in results if isinstance(error, Exception)]
        assert all(isinstance(error, ProductError) for error in odd), (one, other, odd)
        incident.refresh_from_db()
        _tells_one_story(incident)


def _tells_one_story(incident: Incident) -> None:
    told = [event.type for event in incident.events.order_by("id") if event.type in STATUS_AFTER]
    assert STATUS_AFTER[EventType(told[-1])] == incident.status
    assert all(before != after for before, after in pairwise(told)), "each move once"
    assert (incident.escalate_at is not None) == (incident.status == Status.OPEN)
    answers = incident.events.filter(type__in=ANSWERS).order_by("id")
    assert all(a != b for a, b in pairwise(answers.values_list("type", flat=True)))
    if incident.status == Status.RESOLVED:
        assert not incident.responders.filter(state__in=WAITING).exists()
        left = Delivery.objects.filter(subject_kind="incident", subject_id=incident.pk)
        assert not left.filter(state__in=OPEN_STATES).exists()
