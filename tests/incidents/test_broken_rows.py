"""Damaged rows and faults in between: a human is paged all the same."""

import pytest
from django.db import OperationalError, connection

from accounts.models import UserStatus
from core.actor import SYSTEM
from core.crypto import UNREADABLE
from core.errors import NotFound
from core.later import Later
from escalation.commands import TargetSpec
from incidents import commands, paging, queries
from incidents.commands import silence, status, timeouts
from incidents.commands.create import Draft
from incidents.models import Incident, IncidentResponder, Page, PageKind
from notifications.models import Channel, ContactMethod, Delivery
from services.models import Service
from tests.incidents.conftest import MINUTE, T0, policy_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(make_service, people) -> Incident:
    spec = policy_of((5, [TargetSpec(user=people.ann)]))
    draft = Draft(service=make_service(spec).service, title="Down", urgency="HIGH")
    return commands.create(draft, by=SYSTEM, now=T0)[0]


def test_a_secret_that_no_key_opens_stops_no_page(incident, people) -> None:
    for channel, address in [
        (Channel.EMAIL, people.ann.email),
        (Channel.WEBHOOK, "https://x.example/"),
    ]:
        ContactMethod.objects.create(user=people.ann, channel=channel, address=address)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_contactmethod SET secret = 'garbage'")
    assert paging.advance(T0) == 1
    assert Page.objects.get().user == people.ann
    sent = Delivery.objects.values_list("channel", "state")
    assert sorted(sent) == [("EMAIL", "QUEUED"), ("WEBHOOK", "QUEUED")]
    assert Delivery.objects.get(channel="WEBHOOK").secret == UNREADABLE


@pytest.mark.sqlite_only
def test_a_delivery_that_the_database_drops_in_silence_is_noticed(incident, people, caplog) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER swallow BEFORE INSERT ON notifications_delivery"
            f" WHEN NEW.user_id = {people.ann.pk} BEGIN SELECT RAISE(IGNORE); END"
        )
    paging.advance(T0)
    assert Delivery.objects.get().user == people.root
    assert Page.objects.get().kind == PageKind.FALLBACK
    assert "1 deliveries were not stored" in caplog.text


class TestAFaultOfTheEngine:
    @pytest.fixture(autouse=True)
    def _fault(self, monkeypatch) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("a fault")

        monkeypatch.setattr(paging, "_step", broken)

    def test_pages_the_fallback_once_while_it_tries_again(self, incident, people) -> None:
        paging.advance(T0)
        paging.advance(T0 + MINUTE)
        page = Page.objects.get()
        assert (page.user, page.kind) == (people.root, PageKind.FALLBACK)
        incident.refresh_from_db()
        assert incident.escalate_at > T0 + MINUTE
        assert "could not be worked out" in incident.events.last().details["reason"]

    def test_goes_on_where_it_stood_when_the_fault_is_gone(
        self, incident, people, monkeypatch
    ) -> None:
        paging.advance(T0)
        monkeypatch.undo()
        paging.advance(T0 + MINUTE)
        assert Page.objects.filter(user=people.ann, kind=PageKind.STEP).exists()


class TestOneBadIncident:
    """Whatever is wrong with one, the others are paged in the same round."""

    @pytest.fixture
    def three(self, make_service, people) -> list[Incident]:
        spec = policy_of((5, [TargetSpec(user=people.ann)]))
        service = make_service(spec).service
        drafts = [Draft(service=service, title=f"Down {n}", urgency="HIGH") for n in range(3)]
        return [commands.create(draft, by=SYSTEM, now=T0)[0] for draft in drafts]

    @pytest.fixture
    def bad(self, three, monkeypatch) -> Incident:
        """The first of the three: the engine stumbles over it."""
        real = paging._step

        def stumble(incident: Incident, batch: paging.Batch) -> None:
            if incident.pk == three[0].pk:
                raise RuntimeError("a fault")
            real(incident, batch)

        monkeypatch.setattr(paging, "_step", stumble)
        return three[0]

    def test_goes_to_the_fallback_and_stops_no_other(self, three, bad, people, caplog) -> None:
        assert paging.advance(T0) == 2
        paged = dict(Page.objects.values_list("incident", "kind"))
        assert paged == {bad.pk: "fallback", three[1].pk: "step", three[2].pk: "step"}
        assert f"escalation of incident {bad.pk} failed" in caplog.text

    def test_is_named_while_it_keeps_failing(self, three, bad) -> None:
        paging.advance(T0)
        paging.advance(T0 + paging.RETRY_AFTER_ERROR)
        fault = queries.failing(T0 + MINUTE).get()
        assert (fault.incident, fault.tries, fault.nobody_told) == (bad, 2, False)
        assert (fault.since, fault.reason) == (T0, "RuntimeError: a fault")
        assert not queries.failing(T0 + 5 * MINUTE).exists()
        commands.acknowledge(bad, by=SYSTEM, now=T0 + MINUTE)
        assert not queries.failing(T0 + MINUTE).exists()

    def test_of_which_nobody_could_be_told_is_named_as_such(self, three, bad, people) -> None:
        people.root.become(UserStatus.DISABLED)
        people.root.save()
        paging.advance(T0)
        assert queries.failing(T0).get().nobody_told

    def test_is_forgotten_when_it_is_long_over(self, three, bad) -> None:
        paging.advance(T0)
        assert commands.forget_faults(T0 + 8 * 24 * 60 * MINUTE) == 1

    def test_that_cannot_even_be_put_off_is_raised_after_the_others(
        self, three, bad, monkeypatch
    ) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("another fault")

        monkeypatch.setattr(paging, "RETRY_AFTER_ERROR", "no time at all")
        monkeypatch.setattr(paging, "_page_fallback_instead", broken)
        with pytest.raises(TypeError):
            paging.advance(T0)
        assert set(Page.objects.values_list("incident", flat=True)) == {i.pk for i in three[1:]}

    def test_whose_snooze_cannot_be_ended_in_order_is_opened_all_the_same(
        self, three, people, monkeypatch, caplog
    ) -> None:
        for incident in three:
            commands.snooze(incident, T0 + MINUTE, by=SYSTEM, now=T0)
        real = status.log

        def stumble(incident: Incident, *rest: object, **more: object) -> None:
            if incident.pk == three[0].pk:
                raise RuntimeError("a fault")
            real(incident, *rest, **more)

        monkeypatch.setattr(status, "log", stumble)
        assert commands.wake_due(T0 + MINUTE) == 2
        states = Incident.objects.values_list("status", "run", "escalate_at", "snoozed_until")
        assert set(states) == {("OPEN", 2, T0 + MINUTE, None)}
        assert "cannot be ended in order" in caplog.text
        assert paging.advance(T0 + MINUTE) == 3


class TestRowsThatAlwaysFail:
    """However many there are: they are put off, and those behind them have their turn."""

    @pytest.fixture
    def two(self, make_service, people) -> list[Incident]:
        service = make_service(policy_of((5, [TargetSpec(user=people.ann)]))).service
        Service.objects.update(ack_timeout_minutes=1)
        drafts = [Draft(service=service, title=f"Down {n}", urgency="HIGH") for n in range(2)]
        return [commands.create(draft, by=SYSTEM, now=T0)[0] for draft in drafts]

    def ends(self, module, name, job, two, monkeypatch, caplog) -> None:
        """With room for one row at a time, and the first of the two never ends."""
        monkeypatch.setattr(module, "_LATER", Later("it", gone=(NotFound,)))
        real = getattr(module, name)

        def stumble(incident: Incident, *rest: object, **more: object) -> object:
            if incident.pk == two[0].pk:
                raise RuntimeError("a fault")
            return real(incident, *rest, **more)

        monkeypatch.setattr(module, name, stumble)
        with pytest.raises(RuntimeError):
            job(T0 + 20 * MINUTE, limit=1)
        assert job(T0 + 20 * MINUTE, limit=1) == 1
        assert job(T0 + 20 * MINUTE, limit=1) == 0
        monkeypatch.undo()
        assert "next try in 0:00:15" in caplog.text

    def test_snoozes(self, two, monkeypatch, caplog) -> None:
        for incident in two:
            commands.snooze(incident, T0 + MINUTE, by=SYSTEM, now=T0)

        def broken(pk: int, now: object) -> None:
            raise RuntimeError("a fault")

        monkeypatch.setattr(status, "_open_barely", broken)
        self.ends(status, "log", commands.wake_due, two, monkeypatch, caplog)
        assert list(Incident.objects.filter(status="OPEN")) == [two[1]]

    def test_acknowledgements(self, two, people, monkeypatch, caplog) -> None:
        for incident in two:
            commands.acknowledge(incident, by=people.ann.as_actor("web"), now=T0)
        job = commands.expire_acknowledgements
        self.ends(timeouts, "lock", job, two, monkeypatch, caplog)
        assert list(Incident.objects.filter(status="OPEN")) == [two[1]]

    def test_requests_for_help(self, two, people, monkeypatch, caplog) -> None:
        for incident in two:
            for who in (people.ben, people.cat):  # two rounds of each
                helpers = commands.Helpers(people=[who])
                commands.ask(incident, helpers, by=people.ann.as_actor("web"), now=T0)
        rows = IncidentResponder.objects.filter(state="EXPIRED")
        monkeypatch.setattr(silence, "_LATER", Later("it"))
        real = silence.lock

        def stumble(incident: Incident) -> Incident:
            if incident.pk == two[0].pk:
                raise RuntimeError("a fault")
            return real(incident)

        monkeypatch.setattr(silence, "lock", stumble)
        with pytest.raises(RuntimeError):
            commands.expire_requests(T0 + 20 * MINUTE, limit=1)
        assert commands.expire_requests(T0 + 20 * MINUTE, limit=1) == 2
        monkeypatch.setattr(silence, "lock", real)
        assert commands.expire_requests(T0 + 20 * MINUTE) == 0, "put off for a moment"
        assert commands.expire_requests(T0 + 21 * MINUTE) == 2
        assert rows.count() == 4


def test_a_database_that_is_away_is_no_fault_of_the_incidents(incident, monkeypatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(paging, "_write", away)
    with pytest.raises(OperationalError):
        paging.advance(T0)
    incident.refresh_from_db()
    assert incident.escalate_at == T0


def test_an_alert_on_an_incident_opened_by_hand_is_deduplicated(incident, make_service) -> None:
    from incidents.domain.alert import Action, AlertEvent, Severity
    from services.queries import door_of_service

    Incident.objects.update(dedup_key="k")
    door = door_of_service(incident.service.public_id)
    event = AlertEvent(Action.TRIGGER, "k", "Down", Severity.ERROR, "x", raw={})
    (outcome,) = commands.ingest(door, [event], by=SYSTEM, now=T0)
    assert outcome.action == "deduplicated"
    assert incident.events.filter(type="created").count() == 1


def test_an_archived_service_still_hears_that_it_is_over(make_service, client, people) -> None:
    from services import commands as services

    door = make_service()
    headers = {"authorization": f"Token token={door.key}"}

    def post(action: str) -> int:
        payload = {"summary": "s", "source": "s", "severity": "error"}
        body = {"event_action": action, "dedup_key": "k", "payload": payload}
        answer = client.post("/api/events", body, content_type="application/json", headers=headers)
        return answer.status_code

    assert post("trigger") == 202
    services.archive_service(door.service, by=SYSTEM, now=T0)
    assert post("trigger") == 403
    assert post("resolve") == 202
    assert Incident.objects.get(dedup_key="k").status == "RESOLVED"
