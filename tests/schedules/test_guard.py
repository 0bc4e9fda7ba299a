"""The guard looks thirty days ahead: what it finds, when it looks again, what becomes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import commands as accounts
from accounts.models import Team, User
from audit.models import AuditEvent
from core import language
from core.actor import SYSTEM
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from notifications import commands as notifications
from notifications.commands import providers, receipts
from notifications.domain.words import Receipt
from notifications.models import Channel, ContactMethod
from schedules import commands
from schedules.commands import LayerSpec, findings
from schedules.commands.guard import look_at
from schedules.models import CoverageFinding, FindingKind, OverrideKind, Schedule
from schedules.queries import guard
from tests.notifications.providers import account, carrier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_leaves")]
__all__ = ["carrier"]
NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = [{"days": ["MON", "TUE", "WED", "THU", "FRI"], "start": "09:00", "end": "17:00"}]


def proven(*people: User) -> None:
    """Each has used a link that was mailed."""
    for user in people:
        notifications.mailbox_proven(user, NOW)


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    """alice and bob by weeks; both are known to be reached."""
    proven(alice, bob)
    schedule = commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=[[alice.pk], [bob.pk]])
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


def found(at: datetime = NOW) -> list[tuple[str, str]]:
    """What stands after everything that is due was looked at."""
    commands.guard_schedules(at)
    return [(row.kind, row.words) for row in guard.standing()]


def remove(rota: Schedule, person: User, start: datetime, end: datetime) -> None:
    commands.add_override(
        rota,
        kind=OverrideKind.REMOVE,
        replaces=person,
        start=start,
        end=end,
        confirm_gap=True,
        **ACTING,
    )


def test_a_schedule_that_is_covered_has_no_findings(rota: Schedule):
    assert found() == []


def test_a_gap_is_found_kept_under_its_key_and_cleared(rota: Schedule, bob: User):
    start = NOW + 8 * DAY
    remove(rota, bob, start, start + 4 * HOUR)
    assert found() == [(FindingKind.GAP, "Nobody is on call")]
    row = CoverageFinding.objects.get()
    assert (row.start, row.end, row.subject_name) == (start, start + 4 * HOUR, "Primary")
    assert found(NOW + HOUR) == found(NOW + 8 * DAY + HOUR)
    row.refresh_from_db()
    assert (row.first_seen_at, row.cleared_at) == (NOW, None), "one row, however often it is seen"
    assert found(start + 5 * HOUR) == []
    row.refresh_from_db()
    assert row.cleared_at == start + 5 * HOUR


def test_a_change_is_looked_into_at_once_and_the_rest_every_ten_minutes(rota: Schedule, bob: User):
    assert guard.oldest_schedule_due(NOW) is not None, "never looked at"
    found()
    assert guard.oldest_schedule_due(NOW + timedelta(minutes=9)) is None
    remove(rota, bob, NOW + 8 * DAY, NOW + 9 * DAY)
    assert guard.oldest_schedule_due(NOW + timedelta(minutes=1)) is not None
    assert len(found(NOW + timedelta(minutes=1))) == 1
    assert guard.oldest_schedule_due(NOW + timedelta(minutes=10)) is None
    assert guard.oldest_schedule_due(NOW + timedelta(minutes=11)) is not None


def test_nights_without_anybody_are_one_finding_and_stay_the_same_one(rota: Schedule, alice: User):
    spec = LayerSpec("day", datetime(2026, 3, 2, 9), [[alice.pk]], restrictions=OFFICE)
    commands.edit_layer(rota.layers.get(), spec, confirm_gap=True, by=SYSTEM, now=NOW - 20 * DAY)
    found()
    nights, weekends = CoverageFinding.objects.order_by("start")
    assert nights.key == "GAP:17:00-09:00+1"
    assert weekends.key == "GAP:17:00-09:00+3"
    assert "times in the next 30 days" in nights.words
    for hours in range(5, 24 * 28, 31):  # through the change of clocks, at all times of the day
        found(NOW + hours * HOUR)
    assert CoverageFinding.objects.count() == 2


def test_a_gap_without_end_is_one_finding_for_ever(rota: Schedule):
    layer = rota.layers.get()
    commands.remove_layer(layer, confirm_gap=True, by=SYSTEM, now=NOW)
    for days in (0, 1, 40, 41):
        found(NOW + days * DAY + HOUR)
    row = CoverageFinding.objects.get()
    assert (row.start, row.end, row.key) == (None, None, "GAP:always")


def test_a_new_schedule_may_be_empty_until_something_relies_on_it(rota: Schedule):
    empty = commands.create_schedule(name="Empty", time_zone="UTC", **ACTING)
    assert found() == []
    spec = PolicySpec([StepSpec([TargetSpec(schedule=empty)])])
    escalation.create_policy(name="Relies", spec=spec, **ACTING)
    assert found(NOW + timedelta(minutes=11)) == [(FindingKind.GAP, "Nobody is on call")]


def test_whom_nothing_has_reached_is_named_until_something_does(
    rota: Schedule, alice: User, bob: User, carol: User
):
    spec = LayerSpec("week", datetime(2026, 3, 2, 9), [[alice.pk], [carol.pk]])
    commands.edit_layer(rota.layers.get(), spec, **ACTING)
    words = "Carol is on call and no way to reach them is verified"
    assert found() == [(FindingKind.UNREACHABLE, words)]
    row = CoverageFinding.objects.get()
    assert row.start == datetime(2026, 3, 23, 9, tzinfo=UTC)
    assert row.people == [{"id": carol.public_id, "name": "Carol"}]
    ContactMethod.objects.create(
        user=carol, channel=Channel.EMAIL, address=carol.email, enabled=False
    )
    assert found(NOW + 11 * HOUR) == [
        (
            FindingKind.UNREACHABLE,
            "Carol is on call and cannot be reached: every way is switched off",
        )
    ]
    ContactMethod.objects.filter(user=carol).delete()
    proven(carol)
    assert found(NOW + 22 * HOUR) == []


def test_an_answered_test_page_is_looked_into_at_once(rota: Schedule, alice: User, carol: User):
    spec = LayerSpec("week", datetime(2026, 3, 2, 9), [[alice.pk], [carol.pk]])
    commands.edit_layer(rota.layers.get(), spec, **ACTING)
    assert [kind for kind, _ in found()] == [FindingKind.UNREACHABLE]
    test = notifications.send_test(notifications.ensure_default_method(carol)[0], **ACTING)
    for seconds in (60, 61):
        receipts.note(test.pk, Receipt.SEEN, now=NOW + timedelta(seconds=seconds))
    assert AuditEvent.objects.filter(action="contact_method.proven").count() == 1
    assert found(NOW + timedelta(minutes=2)) == []


def test_who_has_only_ways_that_are_not_set_up_is_named_with_them(
    rota: Schedule, bob: User, carrier: list[tuple[str, str]]
):
    sms = {"channel": Channel.SMS, "address": "+447700900123", "verified_at": NOW}
    ContactMethod.objects.create(user=bob, **sms)
    assert found() == [], "there is still the mail"
    bob.contact_methods.filter(channel=Channel.EMAIL).update(enabled=False)
    words = "Bob is on call and has only SMS: no provider is set up for that"
    assert found(NOW + HOUR) == [(FindingKind.UNREACHABLE, words)]
    row = CoverageFinding.objects.get()
    assert row.people == [{"id": bob.public_id, "name": "Bob", "lacking": ["SMS"]}]
    with language.speaking("de"):
        assert "hat nur SMS" in findings.reworded(row)
    bought = account()
    assert found(NOW + HOUR) == [], "a change of providers is looked into at once"
    providers.set_enabled(bought, False, by=SYSTEM, now=NOW + HOUR)
    assert found(NOW + HOUR) == [(FindingKind.UNREACHABLE, words)]


def test_a_disabled_person_in_the_rotation_is_named(rota: Schedule, bob: User, root: User):
    found()
    accounts.disable(bob, by=root.as_actor("web"), now=NOW)
    kinds = dict(found(NOW + timedelta(minutes=1)))
    assert kinds[FindingKind.DISABLED] == "Bob is disabled and still takes turns"
    assert FindingKind.GAP in kinds
    row = CoverageFinding.objects.get(kind=FindingKind.DISABLED)
    assert row.start == datetime(2026, 3, 23, 9, tzinfo=UTC)


def test_an_archived_schedule_has_nothing_wrong(rota: Schedule, bob: User):
    remove(rota, bob, NOW + 8 * DAY, NOW + 9 * DAY)
    found()
    commands.archive_schedule(rota, **ACTING)
    assert found(NOW + timedelta(minutes=1)) == []
    assert guard.oldest_schedule_due(NOW + DAY) is None


def test_looking_twice_at_once_writes_it_once(rota: Schedule, bob: User):
    remove(rota, bob, NOW + 8 * DAY, NOW + 9 * DAY)
    look_at([rota.pk], NOW)
    look_at([rota.pk], NOW)
    assert CoverageFinding.objects.count() == 1


def test_one_schedule_that_cannot_be_read_hides_no_other(
    rota: Schedule, bob: User, caplog: pytest.LogCaptureFixture
):
    broken = commands.create_schedule(name="Broken", time_zone="UTC", **ACTING)
    spec = LayerSpec("week", datetime(2026, 3, 2, 9), [[bob.pk]])
    commands.add_layer(broken, spec, name="Week", **ACTING).versions.update(time_zone="Gone/Zone")
    remove(rota, bob, NOW + 8 * DAY, NOW + 9 * DAY)
    assert found() == [(FindingKind.GAP, "Nobody is on call")]
    assert f"cannot look at subject {broken.pk}" in caplog.text


def test_figures_count_every_kind(rota: Schedule, bob: User):
    remove(rota, bob, NOW + 8 * DAY, NOW + 9 * DAY)
    found()
    figures = guard.figures()
    assert figures[FindingKind.GAP] == 1
    assert set(figures) == set(FindingKind.values)


def test_a_schedule_is_given_to_a_team(rota: Schedule, platform: Team):
    commands.give_schedule(rota, platform, **ACTING)
    rota.refresh_from_db()
    assert (rota.team, rota.revision) == (platform, 3)
    commands.give_schedule(rota, platform, **ACTING)
    rota.refresh_from_db()
    assert rota.revision == 3
