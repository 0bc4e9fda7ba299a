"""Watchers hear quietly and once; a note tells whom it calls; nobody hears what they may not."""

from datetime import timedelta

import pytest

from accounts.models import Membership, Role, Team, UserStatus
from audit.models import AuditEvent
from core.actor import SYSTEM
from core.errors import ValidationFailed
from escalation.commands import TargetSpec
from incidents import commands, paging, publishing, queries
from incidents.commands import Helpers, ask
from incidents.commands.create import Draft
from incidents.commands.mentioning import mentions_of
from incidents.commands.watch_news import oldest_change_due, unwanted_news
from incidents.models import Incident, WatchedChange
from notifications.models import Delivery, InAppNotification
from tests.incidents.conftest import T0, person, policy_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(make_service, people):
    return make_service(policy_of((5, [TargetSpec(user=people.ben)])))


@pytest.fixture
def incident(shop) -> Incident:
    return opened(shop)


def opened(shop, title="Disk is full", now=T0) -> Incident:
    draft = Draft(title=title, service=shop.service, urgency="HIGH")
    return commands.create(draft, by=SYSTEM, now=now)[0]


def told(now) -> dict[str, list[str]]:
    """Publishes, tells, and gives what each person was told by news: name -> messages."""
    publishing.publish_due(now)
    commands.tell_watchers(now + MINUTE)
    found: dict[str, list[str]] = {}
    for row in Delivery.objects.filter(subject_kind="watch").select_related("user").order_by("id"):
        said = [text for _, text in row.message["facts"]]
        found.setdefault(str(row.user), []).append(" | ".join([row.message["title"], *said]))
    return found


def test_each_role_hears_its_share_in_one_message(people, shop, incident):
    ann, ben, cat, root = people.ann, people.ben, people.cat, people.root
    publishing.publish_due(T0)
    for user, role in ((ann, "FOLLOWER"), (cat, "STAKEHOLDER"), (root, "EXEC")):
        by = user.as_actor("web")
        commands.watch(incident, user, role=role, by=by, now=T0)
    commands.add_note(incident, "Looking", author=ben, by=ben.as_actor("web"), now=T0)
    commands.acknowledge(incident, by=ben.as_actor("web"), now=T0)
    commands.resolve(incident, by=ann.as_actor("web"), now=T0)
    assert oldest_change_due(T0) is None
    head = f"#{incident.pk} Disk is full | Payment API | "
    assert told(T0) == {
        "Ann": [head + "note by Ben; acknowledged by Ben"],
        "Cat": [head + "acknowledged by Ben; resolved by Ann"],
        "Root": [head + "resolved by Ann"],
    }
    assert {row.rank for row in Delivery.objects.filter(subject_kind="watch")} == {9}
    assert not WatchedChange.objects.exists()
    assert len(told(T0 + MINUTE)["Ann"]) == 1


def test_whoever_watches_a_service_hears_from_the_start_and_of_many_at_once(people, shop):
    commands.watch_service(shop.service, people.ann, by=SYSTEM, now=T0)
    commands.watch_service(shop.service, people.ben, by=SYSTEM, now=T0)
    first, second = opened(shop), opened(shop, "Also slow")
    muted = opened(shop, "Noise")
    commands.unwatch(muted, people.ann, by=people.ann.as_actor("web"), now=T0)
    paging.advance(T0)
    got = told(T0)
    assert got["Ann"] == ["2 incidents that you watch have changed | opened | opened"]
    assert "Ben" not in got, "who was paged knows already"
    assert set(Incident.objects.filter(queries.watched_by(people.ann))) == {first, second}


def test_what_one_decides_for_another_is_audited_and_for_oneself_is_not(people, shop):
    ann, ben = (one.as_actor("web") for one in (people.ann, people.ben))
    commands.watch_service(shop.service, people.ben, by=ben, now=T0)
    commands.unwatch_service(shop.service, people.ben, by=ben, now=T0)
    assert not AuditEvent.objects.filter(action__contains="watcher").exists()
    for _ in range(2):  # the second time nothing changes
        commands.watch_service(shop.service, people.ben, by=ann, now=T0)
    commands.unwatch_service(shop.service, people.ben, by=ann, now=T0)
    commands.unwatch_service(shop.service, people.ben, by=ann, now=T0)
    told = AuditEvent.objects.filter(action__contains="watcher").order_by("pk")
    assert [(row.action, row.actor_label) for row in told] == [
        ("service.watcher_added", "Ann"),
        ("service.watcher_removed", "Ann"),
    ]


def test_the_end_of_a_policy_is_news_once(people, shop, incident):
    commands.watch(incident, people.ann, by=SYSTEM, now=T0)
    for minutes in (0, 5, 10):
        paging.advance(T0 + minutes * MINUTE)
    (line,) = told(T0 + 10 * MINUTE)["Ann"]
    assert line.count("nobody answered") == 1


def test_who_may_not_see_it_any_more_or_is_disabled_is_not_told(people, make_service, platform):
    shop = make_service(policy_of(), name="Search", team=platform)
    guest, gone = person("guest", Role.USER), person("gone")
    member = Membership.objects.create(team=platform, user=guest)
    incident = opened(shop)
    for user in (guest, gone, people.ann):
        commands.watch(incident, user, by=SYSTEM, now=T0)
    commands.resolve(incident, by=SYSTEM, now=T0)
    publishing.publish_due(T0)
    member.delete()
    gone.become(UserStatus.DISABLED)
    gone.save()
    assert set(told(T0)) == {"Ann"}
    row = Delivery.objects.get(subject_kind="watch")
    asked = [(row.pk, row.subject_id, row.page_key, guest.pk)]
    assert unwanted_news(asked, T0) == {row.pk: "the person may not see it any more"}
    assert unwanted_news([(*asked[0][:3], people.ann.pk)], T0) == {}
    with pytest.raises(ValidationFailed, match="Guest may not see"):
        commands.watch(incident, guest, by=SYSTEM, now=T0)


def test_calling_large_teams_asks_no_more_than_calling_one_person(
    people, incident, django_assert_max_num_queries
):
    for name in ("Blue", "Red"):
        team = Team.objects.create(name=name)
        for number in range(4):
            who = person(f"{name.lower()}{number}", Role.USER)
            Membership.objects.create(team=team, user=who)
        ask(incident, Helpers(people=[who]), by=people.root.as_actor("web"), now=T0)
    with django_assert_max_num_queries(5):  # people, teams, members, the incident, who may see it
        calls = mentions_of(incident, "@Blue and @Red and @ann")
    heard = {str(call.callee): [str(one) for one in call.people] for call in calls.calls}
    assert heard == {"Blue": ["Blue3"], "Red": ["Red3"], "Ann": ["Ann"]}


def test_a_note_tells_whom_it_calls_and_refuses_kindly_who_may_not_see_it(
    people, incident, platform
):
    Membership.objects.create(team=platform, user=people.ann)
    carol = person("carol", Role.USER)
    by = {"author": people.ann, "by": people.ann.as_actor("web"), "now": T0}
    note = commands.add_note(incident, "@Ben and @platform, see @nobody", **by)
    rows = Delivery.objects.filter(subject_kind="mention").select_related("user")
    assert {str(row.user) for row in rows} == {"Ben", "Alice", "Bob"}, "never the author"
    assert {row.message["urgency"] for row in rows} == {"MEDIUM"}
    assert note.unknown_names == ("nobody",)
    assert [mention.label for mention in note.mentions.all()] == ["Ben", "Platform"]
    with pytest.raises(ValidationFailed, match="Carol may not see"):
        commands.add_note(incident, "@carol?", **by)
    commands.resolve(incident, by=by["by"], now=T0, note="Thanks @carol, @cat")
    assert InAppNotification.objects.filter(
        user=people.cat, title__contains="asks for you"
    ).exists()
    assert not InAppNotification.objects.filter(user=carol).exists()
