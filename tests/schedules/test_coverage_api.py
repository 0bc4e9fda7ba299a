"""/api/coverage, and the owner of a schedule over the wire."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Team, User
from core.actor import SYSTEM
from schedules import commands
from schedules.commands import LayerSpec, findings
from schedules.commands.findings import Subject
from schedules.domain.guard import Found, Kind
from schedules.models import Schedule, SubjectKind

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
PATH = "/api/coverage"


@pytest.fixture
def rota(carol: User) -> Schedule:
    """carol is on it; from tomorrow on nobody is."""
    schedule = commands.create_schedule(name="Primary", time_zone="UTC", by=SYSTEM, now=NOW)
    spec = LayerSpec("week", datetime(2026, 3, 2, 9), [[carol.pk]])
    commands.add_layer(schedule, spec, name="Week", by=SYSTEM, now=NOW)
    keep(SubjectKind.SCHEDULE, schedule.pk, schedule.public_id, Kind.GAP, carol)
    keep(SubjectKind.POLICY, 1, "pol_x", Kind.SINGLE_POINT, carol)
    return schedule


def keep(subject: SubjectKind, pk: int, public_id: str, kind: Kind, user: User) -> None:
    start = NOW + timedelta(days=1)
    found = Found(kind, f"{kind}:1", start, None, (user.pk,))
    findings.keep({Subject(subject, pk, public_id, "Primary"): [found]}, now=NOW)


def test_findings_say_what_where_when_and_who(
    api: Callable, root: User, rota: Schedule, carol: User
):
    answer = api(root).get(PATH, {"kind": "GAP"}).json()
    assert answer["total"] == 1
    assert answer["upToDate"] is False, "nothing was looked at since the changes above"
    [found] = answer["findings"]
    assert found.pop("id").startswith("fnd_")
    assert found == {
        "kind": "GAP",
        "subject": {"kind": "SCHEDULE", "id": rota.public_id, "name": "Primary"},
        "words": "Nobody is on call",
        "start": "2026-03-17T12:00:00Z",
        "end": None,
        "people": [{"id": carol.public_id, "name": "Carol"}],
        "firstSeenAt": "2026-03-16T12:00:00Z",
        "seenAt": "2026-03-16T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({}, {"GAP", "SINGLE_POINT"}),
        ({"subjectKind": "POLICY"}, {"SINGLE_POINT"}),
        ({"subjectId": "pol_x"}, {"SINGLE_POINT"}),
        ({"subjectId": "pol_y"}, set()),
    ],
)
def test_findings_are_filtered(
    api: Callable, root: User, rota: Schedule, query: dict, kinds: set[str]
):
    found = api(root).get(PATH, query).json()["findings"]
    assert {one["kind"] for one in found} == kinds


def test_filters_that_nobody_knows_are_refused(api: Callable, root: User):
    for name in ("kind", "subjectKind"):
        refused = api(root).get(PATH, {name: "PIGEON"})
        assert refused.json()["error"]["details"]["field"] == name


def test_a_user_sees_the_schedules_he_is_on_and_a_key_needs_its_scope(
    api: Callable, carol: User, rota: Schedule
):
    found = api(carol).get(PATH).json()["findings"]
    assert [one["kind"] for one in found] == ["GAP"]
    assert api(carol, "incidents:read").get(PATH).status_code == 403


def test_a_schedule_has_an_owner(api: Callable, root: User, platform: Team):
    admin = api(root)
    made = admin.post("/api/schedules", {"name": "Owned", "teamId": platform.public_id}).json()
    assert made["teamId"] == platform.public_id
    path = f"/api/schedules/{made['id']}"
    assert admin.patch(path, {"name": "Renamed"}).json()["teamId"] == platform.public_id
    assert admin.patch(path, {"teamId": None}).json()["teamId"] is None
    refused = admin.patch(path, {"teamId": "team_x"})
    assert refused.json()["error"]["details"]["field"] == "teamId"
