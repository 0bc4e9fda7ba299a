"""Policies to read: who may, the ladder with the people of right now, what is loud in it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts import commands as accounts
from accounts.models import Role, Team, User, UserStatus
from core import clock, config
from escalation import commands
from escalation.commands import PolicySpec, StepSpec, TargetSpec
from escalation.models import EscalationPolicy
from escalation.web import urls
from notifications import commands as notifications
from notifications.models import Channel, ContactMethod
from schedules import commands as schedules
from schedules.models import Schedule
from services import commands as services
from tests.cast import make_person
from tests.page_rules import PageRules
from tests.web.policies.conftest import acting, ladder, make_hours, steps_of
from tests.web.schedules.conftest import text_of

# Forms, words and drawings: what they read and save is proven on both by tests/escalation.
pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADMIN = {Role.ADMIN}
MAIL = "smtp://mail.example.com:25"


class TestList(PageRules):
    name = "escalation:list"


class TestCreate(PageRules):
    name = "escalation:create"
    roles = ADMIN


class AboutPolicy(PageRules):
    @pytest.fixture
    def arguments(self, policy: EscalationPolicy) -> list[str]:
        return [policy.public_id]


class TestDetail(AboutPolicy):
    name = "escalation:detail"


class TestServices(AboutPolicy):
    name = "escalation:services"


class TestEdit(AboutPolicy):
    name = "escalation:edit"
    roles = ADMIN


class TestArchive(AboutPolicy):
    name = "escalation:archive"
    roles = ADMIN


class TestAway(PageRules):
    name = "escalation:away"

    @pytest.fixture
    def arguments(self, policy: EscalationPolicy) -> list[str]:
        return [policy.public_id]


def test_every_page_has_its_rules():
    ruled = {rules.name for name, rules in globals().items() if name.startswith("Test")}
    assert {f"escalation:{route.name}" for route in urls.urlpatterns} == ruled


def test_who_may_not_write_sees_no_way_to(as_alice: Client, policy: EscalationPolicy):
    page = as_alice.get(f"/policies/{policy.public_id}/").content.decode()
    assert "/edit/" not in page and "/archive/" not in page
    assert "/policies/new/" not in as_alice.get("/policies/").content.decode()


def test_the_empty_list_teaches_the_next_step(as_root: Client):
    page = as_root.get("/policies/").content.decode()
    assert "No escalation policies yet" in page
    assert "/policies/new/" in page


def test_the_list_sums_up_the_steps_and_who_uses_them(
    as_alice: Client, policy: EscalationPolicy, bob: User
):
    for name in ("Checkout", "Search"):
        service = services.create_service(name=name, policy=policy, **acting())
    services.archive_service(service, **acting())
    text = text_of(as_alice.get("/policies/").content.decode())
    assert "Critical Alice (5 min) Bob (5 min) does not repeat 1" in text
    assert "No policy of that name" in as_alice.get("/policies/", {"q": "calm"}).content.decode()


def test_the_ladder_says_whom_when_why_and_how(
    as_alice: Client,
    alice: User,
    bob: User,
    carol: User,
    platform: Team,
    rota: Schedule,
    root: User,
):
    config.put("email_url", MAIL)
    accounts.set_lead(platform, bob, **acting())
    spec = PolicySpec(
        [
            StepSpec([TargetSpec(schedule=rota)], 5, ["EMAIL"]),
            StepSpec([TargetSpec(team=platform, lead_only=True), TargetSpec(user=carol)], 10),
        ],
        initial_delay_minutes=2,
        repeat_count=1,
        fallback_users=[root],
    )
    policy = commands.create_policy(name="Critical", spec=spec, **acting())
    text = ladder(as_alice, policy)
    first = "Step 1: Primary after 2 min A Alice on call in Primary, layer Week, by E-mail"
    assert f"{first} Only by E-mail. Then waits 5 min." in text
    second = "Step 2: lead of Platform Carol after 7 min B Bob lead of Platform, by E-mail"
    assert f"{second} C Carol named in the step, by E-mail Then waits 10 min." in text
    assert "From step 1 again, 1 more time" in text
    assert "Fallback contact after 32 min R Root fallback contact of the policy, by E-mail" in text


def test_a_step_that_reaches_nobody_is_loud_and_skipped(
    as_alice: Client, alice: User, bob: User, root: User
):
    config.put("email_url", MAIL)
    empty = schedules.create_schedule(name="Empty", time_zone="UTC", **acting())
    steps = [StepSpec([TargetSpec(schedule=empty)], 30), StepSpec([TargetSpec(user=bob)], 5)]
    policy = commands.create_policy(name="Critical", spec=PolicySpec(steps), **acting())
    text = ladder(as_alice, policy)
    assert "Reaches nobody right now: skipped at once." in text
    assert "Step 2: Bob at once" in text
    assert "reaches nobody An incident" not in text


def test_the_ladder_is_shown_as_each_kind_of_incident_climbs_it(
    as_alice: Client, alice: User, bob: User, platform: Team, root: User
):
    config.put("email_url", MAIL)
    turn = StepSpec([TargetSpec(team=platform, in_turn=True)], 5, urgencies=["HIGH"])
    steps = [turn, StepSpec([TargetSpec(user=bob)], 5, priorities=["P1"])]
    spec = PolicySpec(steps, low_hours=make_hours())
    policy = commands.create_policy(name="Critical", spec=spec, **acting())
    text = ladder(as_alice, policy)
    first = "Step 1: one of Platform, in turn at once A Alice member of Platform in turn, by E-mail"
    assert f"{first} Only for HIGH. Then waits 5 min." in text
    assert "Step 2: Bob skipped Only for P1." in text
    assert "Low urgency waits for Office" in text
    path = f"/policies/{policy.public_id}/"
    low = text_of(as_alice.get(path, {"urgency": "LOW"}).content.decode())
    assert "No step is for such an incident" in low and "Fallback contact at once" in low
    urgent = text_of(as_alice.get(path, {"urgency": "LOW", "priority": "P1"}).content.decode())
    assert "Step 2: Bob at once" in urgent


def test_mail_alone_without_a_server_is_a_warning_for_everybody(
    as_alice: Client, alice: User, policy: EscalationPolicy, root: User
):
    text = ladder(as_alice, policy)
    assert "Right now this policy reaches nobody" in text
    assert text.count("mail is not set up, nothing would leave") == 3
    hook = {"channel": Channel.WEBHOOK, "address": "https://8.8.8.8/hook"}
    notifications.add_method(alice, **hook, **acting())
    text = ladder(as_alice, policy)
    assert "Right now this policy reaches nobody" not in text
    assert "A Alice named in the step, by E-mail, Webhook" in text
    assert text.count("mail is not set up, nothing would leave") == 2


def test_people_who_cannot_be_reached_and_who_never_came_are_named(
    as_root: Client, alice: User, policy: EscalationPolicy
):
    config.put("email_url", MAIL)
    ContactMethod.objects.create(
        user=alice, channel=Channel.EMAIL, address=alice.email, enabled=False
    )
    dora = make_person("dora", status=UserStatus.INVITED)
    commands.save_policy(policy, steps_of(alice, dora), **acting())
    text = ladder(as_root, policy)
    assert "A Alice named in the step cannot be reached: every way is switched off" in text
    assert "D Dora named in the step, by E-mail has not accepted the invitation yet" in text


def test_targets_that_are_gone_are_named(
    as_root: Client, root: User, alice: User, bob: User, platform: Team, policy: EscalationPolicy
):
    accounts.disable(alice, by=root.as_actor("web"), now=clock.now())
    steps = [StepSpec([TargetSpec(user=alice)]), StepSpec([TargetSpec(team=platform)])]
    commands.save_policy(policy, PolicySpec(steps), **acting())
    platform.delete()  # the command refuses; a row may go all the same
    text = ladder(as_root, policy)
    assert "Alice (disabled)" in text
    assert "a target that was deleted" in text


def test_a_policy_without_steps_says_so(as_root: Client, root: User):
    policy = commands.create_policy(name="None", spec=PolicySpec([]), **acting())
    config.put("email_url", MAIL)
    assert "Nobody is paged before the fallback contact." in ladder(as_root, policy)


def test_services_are_a_fragment_for_htmx_and_a_page_for_others(
    as_alice: Client, policy: EscalationPolicy
):
    services.create_service(name="Checkout", policy=policy, **acting())
    path = f"/policies/{policy.public_id}/services/"
    assert "<html" in as_alice.get(path).content.decode()
    fragment = as_alice.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "Checkout" in fragment


@pytest.mark.parametrize("name", ["list", "detail", "edit", "services"])
def test_pages_need_few_queries(
    name: str,
    as_root: Client,
    carol: User,
    platform: Team,
    rota: Schedule,
    policy: EscalationPolicy,
    django_assert_max_num_queries: Callable,
):
    team, lead = TargetSpec(team=platform), TargetSpec(team=platform, lead_only=True)
    targets = [TargetSpec(user=carol), TargetSpec(schedule=rota), team, lead]
    spec = PolicySpec([StepSpec(targets), StepSpec(targets[:2])], fallback_users=[carol])
    commands.save_policy(policy, spec, **acting())
    for number in range(3):
        commands.create_policy(name=f"Other {number}", spec=spec, **acting())
        services.create_service(name=f"Service {number}", policy=policy, **acting())
    path = reverse(f"escalation:{name}", args=[] if name == "list" else [policy.public_id])
    as_root.get(path)  # what a process remembers is read
    with django_assert_max_num_queries(12):
        assert as_root.get(path).status_code == 200
