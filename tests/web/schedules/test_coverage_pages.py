"""What the guard sees, on its own page, on home, on schedules and policies; and what to do."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Team, User
from escalation import commands as escalation
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from notifications import commands as notifications
from schedules import commands
from schedules.commands import LayerSpec, findings, watch
from schedules.commands.findings import Subject
from schedules.domain.guard import Found, Kind
from schedules.models import CoverageWatch, OverrideKind, Schedule, SubjectKind
from tests.page_rules import HTMX
from tests.web.schedules.conftest import ACTING, DAY, HOUR, NOW, text_of

# Forms, words and drawings: what they read and save is proven on both databases by tests/schedules.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def looked(now: object = NOW) -> None:
    commands.guard_schedules(now)


def all_looked() -> None:
    looked()
    escalation.guard_policies(NOW)


def unable(ids: list[int]) -> None:
    raise ValueError(ids)


def open_gap(rota: Schedule, alice: User) -> None:
    """Alice is taken off call from 23 March 18:00 to 22:00 UTC."""
    start = NOW + 7 * DAY + 6 * HOUR
    commands.add_override(
        rota,
        kind=OverrideKind.REMOVE,
        replaces=alice,
        start=start,
        end=start + 4 * HOUR,
        confirm_gap=True,
        **ACTING,
    )


def read(client: Client, name: str, *args: str, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def policy_finding() -> None:
    subject = Subject(SubjectKind.POLICY, 7, "pol_x", "Critical")
    found = Found(Kind.REACHES_NOBODY, "REACHES_NOBODY:always", None, None)
    findings.keep({subject: [found]}, now=NOW)


def test_a_gap_stands_with_its_times_and_leads_to_an_override(
    as_root: Client, rota: Schedule, alice: User
):
    open_gap(rota, alice)
    looked()
    page = read(as_root, "schedules:coverage", kind="GAP")
    assert "Primary : Nobody is on call Mon 23 Mar, 18:00 – Mon 23 Mar, 22:00" in text_of(page)
    query = "kind=ADD&amp;start=2026-03-23T18%3A00&amp;end=2026-03-23T22%3A00"
    assert f"{reverse('schedules:add_override', args=[rota.public_id])}?{query}" in page


@pytest.mark.usefixtures("mail_leaves")
def test_people_are_asked_to_prove_that_they_can_be_reached(
    as_alice: Client, rota: Schedule, alice: User, bob: User
):
    looked()
    page = read(as_alice, "schedules:coverage")
    assert "Alice is on call and no way to reach them is verified" in page
    assert reverse("notifications:reach") in page
    assert reverse("users:detail", args=[bob.public_id]) in page


@pytest.mark.parametrize("sees_settings", [True, False])
def test_whoever_only_lacks_a_provider_is_not_asked_for_a_test(
    as_root: Client, as_bob: Client, rota: Schedule, sees_settings: bool
):
    looked()  # nothing is set up here that a mail could leave by
    page = read(as_root if sees_settings else as_bob, "schedules:coverage")
    assert "no provider is set up for that" in page
    assert ("Set up a provider" in page) is sees_settings
    assert "send a test" not in page


def test_an_empty_list_says_that_all_is_covered_only_after_a_look(as_root: Client, root: User):
    assert "The last change is not looked into yet" in read(as_root, "schedules:coverage")
    all_looked()
    assert "Nothing to look ahead for yet" in read(as_root, "schedules:coverage")
    watched = {"subject_kind": SubjectKind.SCHEDULE, "subject_id": 1, "due_at": NOW + HOUR}
    CoverageWatch.objects.create(**watched, current=True)
    assert "Covered for the next 30 days" in read(as_root, "schedules:coverage")
    filtered = read(as_root, "schedules:coverage", kind="GAP")
    assert "Nothing of that kind" in filtered
    assert "Covered" not in text_of(filtered).replace("Coverage", "")


@pytest.mark.usefixtures("mail_leaves")
def test_nothing_is_called_covered_between_a_change_and_the_look_at_it(
    as_root: Client, rota: Schedule, alice: User, bob: User, carol: User
):
    for user in (alice, bob, carol):
        notifications.mailbox_proven(user, NOW)
    fragment = reverse("schedules:coverage_of", args=[rota.public_id])
    all_looked()
    assert "Covered for the next 30 days" in as_root.get(fragment, headers=HTMX).content.decode()
    open_gap(rota, alice)
    for meanwhile in (
        lambda: None,  # saved just now
        lambda: watch.stir(SubjectKind.SCHEDULE, list, lambda nouns: [rota.pk], NOW),
        lambda: watch.run(SubjectKind.SCHEDULE, unable, NOW),
    ):
        meanwhile()
        text = as_root.get(fragment, headers=HTMX).content.decode()
        assert "Covered" not in text
        assert f'hx-get="{fragment}" hx-trigger="load delay' in text, "asks again by itself"
    looked(NOW + HOUR)
    text = as_root.get(fragment, headers=HTMX).content.decode()
    assert "Nobody is on call" in text
    assert "load delay" not in text


def test_a_new_policy_is_not_called_covered_before_it_was_looked_at(
    as_root: Client, rota: Schedule
):
    all_looked()
    spec = PolicySpec([StepSpec([TargetSpec(schedule=rota)])])
    policy = escalation.create_policy(name="Standard", spec=spec, **ACTING)
    assert "Covered" not in text_of(read(as_root, "schedules:coverage_of", policy.public_id))


def test_a_guard_that_is_late_says_so(as_root: Client, rota: Schedule):
    looked()
    CoverageWatch.objects.update(due_at=NOW - HOUR)
    for name in ("schedules:coverage", "schedules:coverage_near"):
        assert "Not looked at since" in read(as_root, name)


def test_the_pages_of_schedule_policy_and_home_load_what_concerns_them(
    as_root: Client, rota: Schedule, alice: User
):
    open_gap(rota, alice)
    looked()
    policy_finding()
    of_rota = reverse("schedules:coverage_of", args=[rota.public_id])
    assert f'hx-get="{of_rota}"' in read(as_root, "schedules:detail", rota.public_id)
    fragment = as_root.get(of_rota, headers=HTMX).content.decode()
    assert "Nobody is on call" in fragment
    assert "<html" not in fragment
    assert "Critical" not in fragment
    of_policy = read(as_root, "schedules:coverage_of", "pol_x")
    assert "Critical" in of_policy
    assert "Nobody is on call" not in of_policy
    assert reverse("schedules:coverage_near") in read(as_root, "home")


def test_home_shows_a_responder_his_own_and_a_user_no_card(
    as_bob: Client, as_carol: Client, rota: Schedule, platform: Team, alice: User
):
    other = commands.create_schedule(name="Elsewhere", time_zone="UTC", **ACTING)
    spec = LayerSpec("week", (NOW - DAY).replace(tzinfo=None), [[alice.pk]])
    commands.add_layer(other, spec, name="Week", **ACTING)
    looked()
    near = read(as_bob, "schedules:coverage_near")
    assert "Primary" in near
    assert "Elsewhere" not in near
    commands.give_schedule(other, platform, **ACTING)
    looked(NOW + timedelta(minutes=1))
    assert "Elsewhere" in read(as_bob, "schedules:coverage_near")
    assert reverse("schedules:coverage_near") not in read(as_carol, "home")


def test_a_user_sees_only_the_schedules_he_is_on(
    as_carol: Client, rota: Schedule, alice: User, bob: User
):
    other = commands.create_schedule(name="Elsewhere", time_zone="UTC", **ACTING)
    spec = LayerSpec("week", (NOW - DAY).replace(tzinfo=None), [[alice.pk]])
    commands.add_layer(other, spec, name="Week", **ACTING)
    looked()
    policy_finding()
    page = read(as_carol, "schedules:coverage")
    assert "Primary" in page
    assert "Elsewhere" not in page
    assert "Critical" not in page
    hidden = reverse("schedules:coverage_of", args=[other.public_id])
    assert as_carol.get(hidden).status_code == 404
    links = reverse("schedules:add_override", args=[rota.public_id])
    assert links not in page


def test_the_page_needs_few_queries(
    as_root: Client, rota: Schedule, alice: User, django_assert_max_num_queries
):
    open_gap(rota, alice)
    looked()
    path = reverse("schedules:coverage")
    as_root.get(path)
    with django_assert_max_num_queries(11):
        assert as_root.get(path).status_code == 200


def test_the_owner_is_chosen_in_the_form(as_alice: Client, rota: Schedule, platform: Team):
    path = reverse("schedules:edit", args=[rota.public_id])
    assert platform.name in as_alice.get(path).content.decode()
    form = {"name": "Primary", "description": "", "time_zone": "Europe/London"}
    as_alice.post(path, form | {"team": platform.public_id})
    rota.refresh_from_db()
    assert rota.team == platform
    assert f'value="{platform.public_id}" selected' in as_alice.get(path).content.decode()
    assert as_alice.post(path, form | {"team": "team_x"}).status_code == 422
    as_alice.post(path, form)
    rota.refresh_from_db()
    assert rota.team is None
