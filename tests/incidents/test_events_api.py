"""POST /api/events, sentence by sentence as the Events API documents it."""

import json
import logging
from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.commands import create_api_key
from core import clock
from core.actor import SYSTEM
from core.errors import ProductError
from incidents.models import Alert, Incident, IncidentEvent
from services import commands as services

pytestmark = pytest.mark.django_db


def body(action: str = "trigger", key: str = "cpu-high-web01", **payload: object) -> dict:
    base = {"summary": "CPU above 90%", "source": "prometheus", "severity": "critical"}
    return {"event_action": action, "dedup_key": key, "payload": {**base, **payload}}


@pytest.fixture
def door(make_service) -> SimpleNamespace:
    return make_service()


@pytest.fixture
def post(client: Client, door: SimpleNamespace):
    def send(data: object, **headers: str):
        raw = data if isinstance(data, bytes | str) else json.dumps(data)
        headers.setdefault("authorization", f"Token token={door.key}")
        return client.post("/api/events", raw, content_type="application/json", headers=headers)

    return send


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("disk /data 1", "disk /data\t1"),
        ("disk /data 1", "disk /data\n1"),
        ("w 1", "w\u202e1"),
        ("e\u0301", "\u00e9"),
        ("Disk", "disk"),
    ],
)
def test_keys_that_differ_are_problems_of_their_own(post, one: str, other: str) -> None:
    for key in (one, other):
        assert post(body(key=key)).json()["result"]["action"] == "triggered"
    assert post(body("resolve", other)).json()["result"]["action"] == "resolved"
    left = Incident.objects.get(status="OPEN")
    assert left.dedup_key == one


def test_space_around_a_key_means_nothing(post) -> None:
    post(body(key="disk"))
    assert post(body(key=" disk\n")).json()["result"]["action"] == "deduplicated"


def test_trigger_opens_an_incident_and_answers_202(post, door) -> None:
    answer = post(body(custom_details={"cpu": 95.5}))
    assert answer.status_code == 202
    incident = Incident.objects.get()
    assert answer.json() == {
        "status": "success",
        "result": {
            "action": "triggered",
            "incident": {
                "id": incident.public_id,
                "title": "CPU above 90%",
                "status": "OPEN",
                "urgency": "HIGH",
            },
        },
    }
    assert incident.public_id.startswith("inc_")
    assert incident.service == door.service
    assert incident.integration == door.integration
    assert json.loads(incident.description) == {"cpu": 95.5}
    assert incident.escalate_at is not None
    assert Alert.objects.get().payload["payload"]["custom_details"] == {"cpu": 95.5}
    assert IncidentEvent.objects.get().type == "created"


def test_an_accepted_alert_leaves_one_line_that_leads_to_its_incident(post, door, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="opsknight.ingest"):
        post(body(custom_details={"card": "4111 1111"}))
        post(body())
        post(body("resolve"))
        post(body("resolve"))
    number, service = Incident.objects.get().pk, door.service.public_id
    start = f"alert accepted: service={service}"
    assert [record.getMessage() for record in caplog.records] == [
        f"{start} action=trigger key=cpu-high-web01 outcome=triggered incident=#{number}",
        f"{start} action=trigger key=cpu-high-web01 outcome=deduplicated incident=#{number}",
        f"{start} action=resolve key=cpu-high-web01 outcome=resolved incident=#{number}",
        f"{start} action=resolve key=cpu-high-web01 outcome=ignored incident=none",
    ]
    assert door.key not in caplog.text
    assert "4111" not in caplog.text


def test_a_key_cannot_forge_a_line_of_the_log(post, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="opsknight.ingest"):
        post(body(key="a\nalert accepted: service=svc_forged"))
    assert len(caplog.text.strip().splitlines()) == 1


def test_a_refused_alert_is_not_logged_as_accepted(post, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="opsknight.ingest"):
        assert post(body(severity="loud")).status_code == 400
    assert "accepted" not in caplog.text


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [("critical", "HIGH"), ("error", "MEDIUM"), ("warning", "MEDIUM"), ("info", "LOW")],
)
def test_severity_becomes_urgency(post, severity: str, urgency: str) -> None:
    assert post(body(severity=severity)).json()["result"]["incident"]["urgency"] == urgency


def test_second_trigger_with_the_same_key_is_deduplicated(post) -> None:
    first = post(body()).json()["result"]
    second = post(body(summary="again")).json()["result"]
    assert second["action"] == "deduplicated"
    assert second["incident"] == first["incident"]
    assert Alert.objects.count() == 2
    assert Incident.objects.get().alert_count == 2


@pytest.mark.parametrize("status", ["ACKNOWLEDGED", "SNOOZED", "SUPPRESSED"])
def test_active_incidents_absorb_triggers(post, status: str) -> None:
    post(body())
    Incident.objects.update(status=status, snoozed_until=clock.now(), escalate_at=None)
    assert post(body()).json()["result"]["action"] == "deduplicated"
    assert Incident.objects.get().status == status


def test_trigger_after_resolve_opens_a_new_incident(post) -> None:
    post(body())
    post(body("resolve"))
    assert post(body()).json()["result"]["action"] == "triggered"
    assert sorted(Incident.objects.values_list("status", flat=True)) == ["OPEN", "RESOLVED"]


def test_acknowledge_stops_the_escalation(post) -> None:
    post(body())
    answer = post(body("acknowledge")).json()["result"]
    assert (answer["action"], answer["incident"]["status"]) == ("acknowledged", "ACKNOWLEDGED")
    incident = Incident.objects.get()
    assert incident.escalation_state == "COMPLETED"
    assert incident.escalate_at is None
    assert incident.acknowledged_at is not None


def test_acknowledge_finds_open_incidents_only(post) -> None:
    post(body())
    post(body("acknowledge"))
    assert post(body("acknowledge")).json()["result"]["action"] == "ignored"


@pytest.mark.parametrize("status", ["OPEN", "ACKNOWLEDGED", "SNOOZED", "SUPPRESSED"])
def test_resolve_closes_every_active_incident(post, status: str) -> None:
    post(body())
    Incident.objects.update(status=status, snoozed_until=clock.now())
    assert post(body("resolve")).json()["result"]["action"] == "resolved"
    assert Incident.objects.get().resolved_at is not None


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_without_a_match_the_event_is_ignored_but_kept(post, action: str) -> None:
    answer = post(body(action))
    assert answer.status_code == 202
    assert answer.json()["result"] == {
        "action": "ignored",
        "reason": "No matching incident",
        "dedup_key": "cpu-high-web01",
    }
    assert Alert.objects.get().incident is None


def test_same_key_on_another_service_is_another_incident(post, make_service) -> None:
    post(body())
    other = make_service(name="Search")
    post(body(), authorization=f"Token token={other.key}")
    assert Incident.objects.count() == 2
    post(body("resolve"), authorization=f"Token token={other.key}")
    assert Incident.objects.get(service=other.service).status == "RESOLVED"
    assert Incident.objects.exclude(service=other.service).get().status == "OPEN"


class TestErrors:
    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b"nope",
            b'{"a": NaN}',
            b'{"a": Infinity}',
            b"\xff\xfe\x00",
            b'{"a":' * 100_000,
            b"[" * 65 + b"]" * 65,
            b'{"a": ' + b"9" * 100_000 + b"}",
        ],
    )
    def test_broken_json_is_400_invalid_json(self, post, raw: bytes) -> None:
        answer = post(raw)
        assert (answer.status_code, answer.json()["error"]) == (400, "Invalid JSON")

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"event_action": "explode"}, ["event_action"]),
            ({"event_action": ["trigger"]}, ["event_action"]),
            ({"dedup_key": ""}, ["dedup_key"]),
            ({"dedup_key": "k" * 201}, ["dedup_key"]),
            ({"dedup_key": 7}, ["dedup_key"]),
            ({"dedup_key": " \n"}, ["dedup_key"]),
            ({"payload": []}, ["payload"]),
        ],
    )
    def test_wrong_fields_are_named(self, post, change: dict, path: list) -> None:
        answer = post({**body(), **change})
        assert (answer.status_code, answer.json()["error"]) == (400, "Invalid request body")
        assert path in [issue["path"] for issue in answer.json()["meta"]["issues"]]
        assert not Incident.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("summary", ""),
            ("summary", "x" * 501),
            ("summary", None),
            ("source", "  "),
            ("source", "x" * 201),
            ("severity", "catastrophic"),
            ("custom_details", "text"),
        ],
    )
    def test_wrong_payload_fields_are_named(self, post, field: str, value: object) -> None:
        answer = post(body(**{field: value}))
        assert answer.status_code == 400
        assert answer.json()["meta"]["issues"][0]["path"] == ["payload", field]

    def test_a_body_that_is_not_an_object_is_400(self, post) -> None:
        assert post([1, 2]).json()["error"] == "Invalid request body"

    def test_no_credentials_is_401(self, client: Client) -> None:
        answer = client.post("/api/events", body(), content_type="application/json")
        assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})

    def test_unknown_integration_key_is_403(self, post) -> None:
        answer = post(body(), authorization="Token token=" + "0" * 32)
        assert (answer.status_code, answer.json()) == (403, {"error": "Invalid Integration Key"})

    def test_disabled_integration_is_403(self, post, door) -> None:
        services.set_integration_enabled(door.integration, False, by=SYSTEM, now=clock.now())
        assert post(body()).status_code == 403

    def test_unknown_api_key_is_401(self, post) -> None:
        assert post(body(), authorization="Bearer ok_nothing").status_code == 401

    def test_get_is_405(self, client: Client) -> None:
        assert client.get("/api/events").status_code == 405

    def test_body_over_512_kb_is_413(self, post) -> None:
        answer = post(body(custom_details={"x": "y" * 600_000}))
        assert answer.status_code == 413
        assert "512 KB" in answer.json()["error"]

    def test_compressed_body_is_refused(self, post) -> None:
        assert post(b"\x1f\x8b", **{"content-encoding": "gzip"}).status_code == 415


class TestApiKey:
    @pytest.fixture
    def key(self, people) -> str:
        _, secret = create_api_key(
            people.ann,
            name="ci",
            scopes=["events:write"],
            by=people.ann.as_actor("web"),
            now=clock.now(),
        )
        return secret

    def test_with_service_id_it_opens_an_incident(self, post, key: str, door) -> None:
        data = {**body(), "service_id": door.service.public_id}
        assert post(data, authorization=f"Bearer {key}").status_code == 202
        assert Incident.objects.get().service == door.service

    def test_without_service_id_it_is_400(self, post, key: str) -> None:
        answer = post(body(), authorization=f"Bearer {key}")
        assert answer.json()["meta"]["issues"][0]["path"] == ["service_id"]

    def test_unknown_service_is_404(self, post, key: str) -> None:
        answer = post({**body(), "service_id": "svc_none"}, authorization=f"Bearer {key}")
        assert (answer.status_code, answer.json()) == (404, {"error": "Service not found"})

    def test_missing_scope_is_403(self, post, people, door) -> None:
        _, weak = create_api_key(
            people.ann,
            name="reader",
            scopes=["incidents:read"],
            by=people.ann.as_actor("web"),
            now=clock.now(),
        )
        data = {**body(), "service_id": door.service.public_id}
        answer = post(data, authorization=f"Bearer {weak}")
        assert (answer.status_code, answer.json()) == (403, {"error": "API key missing scope"})

    def test_a_user_without_the_team_is_403(self, post, people, key: str, door) -> None:
        people.ann.role = "USER"
        people.ann.save()
        data = {**body(), "service_id": door.service.public_id}
        answer = post(data, authorization=f"Bearer {key}")
        assert (answer.status_code, answer.json()) == (403, {"error": "Service access denied"})


class TestRateLimit:
    def test_the_121st_event_of_a_minute_is_429(self, post, settings, stopped_clock) -> None:
        settings.EVENTS_PER_MINUTE = 3
        answers = [post(body(key=f"k{n}")) for n in range(4)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
        assert answers[3].json() == {"error": "Rate limit exceeded."}
        assert 1 <= int(answers[3]["Retry-After"]) <= 60
        remaining = [answer["X-RateLimit-Remaining"] for answer in answers]
        assert remaining == ["2", "1", "0", "0"]
        assert answers[0]["X-RateLimit-Limit"] == "3"

    def test_each_key_has_its_own_bucket(self, post, settings, make_service, stopped_clock) -> None:
        settings.EVENTS_PER_MINUTE = 1
        other = make_service(name="Search")
        assert post(body()).status_code == 202
        assert post(body(), authorization=f"Token token={other.key}").status_code == 202
        assert post(body()).status_code == 429


class TestHostileText:
    def test_nul_and_lone_surrogates_are_replaced(self, post) -> None:
        raw = json.dumps(body(summary="A\\u0000B", custom_details={"k\\ud800": "\\udfff"}))
        raw = raw.replace("\\\\u", "\\u")
        assert post(raw).status_code == 202
        assert "\x00" not in Incident.objects.get().title

    def test_newlines_in_a_title_become_spaces(self, post) -> None:
        post(body(summary="one\r\nBcc: x@example.com"))
        assert Incident.objects.get().title == "one Bcc: x@example.com"

    def test_a_number_beyond_any_float_keeps_the_event(self, post) -> None:
        raw = json.dumps(body()).replace('"severity"', '"custom_details": {"n": 1e999}, "severity"')
        assert post(raw).status_code == 202
        assert Incident.objects.get().custom_details == {"n": "1e999"}

    def test_markup_is_stored_as_it_came(self, post) -> None:
        post(body(summary="<b>&amp;</b>"))
        assert Incident.objects.get().title == "<b>&amp;</b>"


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_triggers_open_one_incident(make_service, at_once) -> None:
    door = make_service()

    def send() -> str:
        answer = Client().post(
            "/api/events",
            body(),
            content_type="application/json",
            headers={"authorization": f"Token token={door.key}"},
        )
        return answer.json()["result"]["action"]

    actions = at_once(50, send)
    assert sorted(actions) == ["deduplicated"] * 49 + ["triggered"]
    assert Incident.objects.get().alert_count == 50
    assert Alert.objects.count() == 50


def test_product_errors_carry_field_and_remedy(people, make_service) -> None:
    door = make_service()
    with pytest.raises(ProductError) as caught:
        services.create_integration(
            door.service, name="x", type="carrier-pigeon", by=SYSTEM, now=clock.now()
        )
    assert caught.value.field == "type"
    assert "possible: events, prometheus" in caught.value.message
