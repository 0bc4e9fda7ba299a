"""Alertmanager's webhook: each alert of a group is an event of its own, keyed by fingerprint."""

import html
import json
import logging
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from incidents.messages import page_message
from incidents.models import Alert, Incident
from integrations.domain.event import Action, AlertEvent, Severity
from integrations.vendors import prometheus
from notifications.channels import email

FIXTURES = Path(__file__).parent / "fixtures" / "prometheus"


def load(name: str) -> dict:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def parse(body: object) -> list[AlertEvent]:
    return prometheus.parse(body, {})


def test_a_firing_alert_triggers_with_its_words() -> None:
    (event,) = parse(load("firing"))
    assert event.action is Action.TRIGGER
    assert event.dedup_key == "5ef77f1f8a3ecfa1"
    assert event.summary == "Disk of db-1 is full in 2 hours"
    assert event.severity is Severity.CRITICAL
    assert event.source == "prometheus: db-1:9100"
    assert [link["text"] for link in event.links] == [
        "Graph in Prometheus",
        "Runbook",
        "Alertmanager",
    ]


def test_resolved_has_the_key_of_firing() -> None:
    (fired,), (resolved,) = parse(load("firing")), parse(load("resolved"))
    assert resolved.action is Action.RESOLVE
    assert resolved.dedup_key == fired.dedup_key


def test_a_mixed_group_is_read_alert_by_alert() -> None:
    events = parse(load("mixed_group"))
    assert [event.action for event in events] == [Action.TRIGGER, Action.TRIGGER, Action.RESOLVE]
    assert len({event.dedup_key for event in events}) == 3
    assert events[1].severity is Severity.WARNING


def test_without_fingerprint_the_labels_make_the_key() -> None:
    body = load("version_3")
    (event,) = parse(body)
    assert event.dedup_key.startswith("prometheus-")
    assert parse(body)[0].dedup_key == event.dedup_key
    body["alerts"][0]["labels"]["instance"] = "host3"
    assert parse(body)[0].dedup_key != event.dedup_key
    assert event.summary == "PingFails on host2"


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("critical", "critical"),
        ("page", "critical"),
        ("P1", "critical"),
        ("error", "error"),
        ("info", "info"),
        ("sev-unknown", "warning"),
        (None, "warning"),
        ("", "warning"),
    ],
)
def test_unknown_severities_fall_to_a_default(label: str | None, severity: str) -> None:
    body = load("firing")
    body["commonLabels"].pop("severity")
    body["alerts"][0]["labels"]["severity"] = label
    assert parse(body)[0].severity == severity


@pytest.mark.parametrize("odd", [None, 7, [], "x", {"a": {"b": []}}])
@pytest.mark.parametrize(
    "field", ["labels", "annotations", "startsAt", "generatorURL", "fingerprint"]
)
def test_odd_fields_never_drop_a_page(field: str, odd: object) -> None:
    body = load("firing")
    body["alerts"][0][field] = odd
    (event,) = parse(body)
    assert event.action is Action.TRIGGER
    assert event.dedup_key
    assert event.summary


def test_javascript_links_are_left_out() -> None:
    body = load("firing")
    body["alerts"][0]["generatorURL"] = "javascript:alert(1)"
    assert "Graph in Prometheus" not in [link["text"] for link in parse(body)[0].links]


@pytest.mark.parametrize("body", [None, [], "text", {}, {"alerts": {}}, {"alerts": "x"}])
def test_other_bodies_are_refused_with_a_reason(body: object) -> None:
    with pytest.raises(ValueError, match="alerts"):
        parse(body)


@pytest.mark.django_db
class TestRoute:
    @pytest.fixture
    def post(self, client: Client, prometheus_door):
        def send(data: object, path: str = "", **headers: str):
            raw = data if isinstance(data, bytes) else json.dumps(data)
            url = path or f"/api/integrations/prometheus/{prometheus_door.key}"
            return client.post(url, raw, content_type="application/json", headers=headers)

        return send

    def test_a_group_opens_an_incident_per_alert(self, post) -> None:
        answer = post(load("mixed_group"))
        assert answer.status_code == 202
        actions = [result["action"] for result in answer.json()["results"]]
        assert actions == ["triggered", "triggered", "ignored"]
        assert Incident.objects.count() == 2
        assert Alert.objects.count() == 3

    def test_resolved_closes_what_firing_opened(self, post) -> None:
        post(load("firing"))
        assert post(load("resolved")).json()["result"]["action"] == "resolved"
        assert Incident.objects.get().status == "RESOLVED"

    @pytest.mark.parametrize(
        "headers",
        [
            {"authorization": "Bearer {key}"},
            {"authorization": "Token token={key}"},
            {"x-integration-key": "{key}"},
            {"x-api-key": "{key}"},
        ],
    )
    def test_the_key_may_come_in_a_header(self, post, prometheus_door, headers: dict) -> None:
        filled = {name: text.format(key=prometheus_door.key) for name, text in headers.items()}
        assert post(load("firing"), "/api/integrations/prometheus", **filled).status_code == 202

    def test_the_key_may_come_in_the_query(self, post, prometheus_door) -> None:
        path = f"/api/integrations/prometheus?integrationKey={prometheus_door.key}"
        assert post(load("firing"), path).status_code == 202

    def test_without_a_key_it_is_401_and_with_a_wrong_one_403(self, post) -> None:
        assert post(load("firing"), "/api/integrations/prometheus").status_code == 401
        assert post(load("firing"), "/api/integrations/prometheus/" + "0" * 32).status_code == 403

    def test_an_unknown_vendor_is_404(self, post) -> None:
        assert post({}, "/api/integrations/carrier-pigeon/" + "0" * 32).status_code == 404

    def test_load_is_shed_with_503_never_429(self, post, settings, stopped_clock) -> None:
        settings.VENDOR_PER_MINUTE = 1
        assert post(load("firing")).status_code == 202
        refused = post(load("firing"))
        assert refused.status_code == 503
        assert int(refused["Retry-After"]) >= 1

    def test_a_body_over_8_mb_opens_an_incident_that_says_so(self, post) -> None:
        answer = post(b'{"alerts": ["' + b"x" * (8 * 1024 * 1024) + b'"]}')
        assert answer.status_code == 413
        incident = Incident.objects.get()
        assert "over 8 MB was refused" in incident.title
        assert incident.urgency == "HIGH"
        assert answer.json()["result"]["incident"]["id"] == incident.public_id

    @pytest.mark.django_db(transaction=True)
    def test_nothing_of_a_body_is_stored_when_one_alert_cannot_be(self, post, monkeypatch) -> None:
        """All or nothing: a failure in the middle leaves no half-stored group."""
        from django.db import OperationalError

        from incidents import alert_rows

        whole = alert_rows.trigger

        def fail_on_the_second(door, event, by, now):
            if event.dedup_key == "aa00000000000002":
                raise OperationalError("the database went away")
            return whole(door, event, by, now)

        monkeypatch.setattr(alert_rows, "trigger", fail_on_the_second)
        assert post(load("mixed_group")).status_code == 503
        assert not Incident.objects.exists()
        assert not Alert.objects.exists()


def test_the_page_shows_labels_as_names_and_values_instead_of_json(
    client: Client, prometheus_door, bob: User
) -> None:
    path = f"/api/integrations/prometheus/{prometheus_door.key}"
    client.post(path, load("firing"), content_type="application/json")
    message = page_message(Incident.objects.get(), bob, "step 1", now=clock.now())
    assert ("labels.alertname", "DiskFull") in message.details
    mail = email.render(message)
    for part in (mail.text, mail.html):
        assert "labels.alertname" in part
        assert '"alertname"' not in html.unescape(part)


def test_a_page_about_countless_details_stays_short_and_says_so(
    client: Client, prometheus_door, bob: User
) -> None:
    body = load("firing")
    body["alerts"][0]["labels"] |= {f"label_{number}": "x" * 5000 for number in range(500)}
    path = f"/api/integrations/prometheus/{prometheus_door.key}"
    client.post(path, body, content_type="application/json")
    message = page_message(Incident.objects.get(), bob, "step 1", now=clock.now())
    assert len(email.render(message).text) < 15_000
    assert message.details[-1] == ("…", "there is more on the page of the incident")


def test_each_alert_of_a_group_is_logged_on_its_own(
    client: Client, prometheus_door, caplog
) -> None:
    path = f"/api/integrations/prometheus/{prometheus_door.key}"
    with caplog.at_level(logging.INFO):
        client.post(path, load("mixed_group"), content_type="application/json")
    lines = [line for line in caplog.messages if line.startswith("alert accepted")]
    assert [line.split("outcome=")[1].split()[0] for line in lines] == [
        "triggered",
        "triggered",
        "ignored",
    ]
    assert prometheus_door.key not in caplog.text
