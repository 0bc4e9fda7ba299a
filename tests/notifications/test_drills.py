"""Test pages: on every way, answered by whatever means, and of no consequence elsewhere."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from audit.models import AuditEvent
from core import clock
from core.errors import Conflict
from core.later import Later
from incidents.models import Incident
from integrations.replies import calling, texting
from notifications import links
from notifications.channels import ntfy, push, pushover, sms, telegram, voice, whatsapp
from notifications.commands import drills
from notifications.commands.readiness import of_user
from notifications.domain.drills import Fate, advice, fate_of
from notifications.domain.message import Action, Message
from notifications.domain.readiness import Reason
from notifications.models import Channel, ContactMethod, Delivery, Drill, InAppNotification
from tests.notifications.conftest import fates, hook
from tests.phones import Phones

NUMBER = "+4915112345678"
MESSAGE = Message(
    kind="drill",
    subject_id="7",
    title="Test page: nothing is broken",
    body="Confirm that it arrived.",
    url="https://pager.example.com/reachability/tests/drl_1/",
    actions=(Action("It arrived", "https://pager.example.com/t/token/"),),
    urgency="HIGH",
    tag="test",
)


def start(user: User, **more: object) -> Drill:
    more = {"by": user.as_actor("web"), "now": clock.now()} | more
    return drills.start_drill(user, **more)  # type: ignore[arg-type]


def of(drill: Drill, channel: Channel) -> Delivery:
    return Delivery.objects.get(subject_kind="drill", subject_id=drill.pk, channel=channel)


def link_in(row: Delivery) -> str:
    (action,) = row.message["actions"]
    return str(action["url"]).partition("://")[2].partition("/")[2]


def telephone(user: User, channel: Channel = Channel.SMS, **more: object) -> ContactMethod:
    return ContactMethod.objects.create(user=user, channel=channel, address=NUMBER, **more)


def test_every_way_asks_for_an_answer_in_its_own_manner():
    assert push.render(MESSAGE).ack == "/t/token/"
    assert push.render(MESSAGE).say["acknowledge"] == "It arrived"
    assert push.render(MESSAGE).tag == "drill-7"
    assert ntfy.render(MESSAGE).label == "It arrived"
    assert sms.render(MESSAGE).body.endswith("Reply 3 if it arrived")
    assert "https://pager.example.com/t/token/" in sms.render(MESSAGE).body
    assert "Reply 3" in whatsapp.render(MESSAGE).status
    assert voice.render(MESSAGE).keys == "Press any key to confirm."
    assert telegram.render(MESSAGE).verbs == ("arrived",)
    alarm = pushover.render(MESSAGE)
    assert (alarm.url_title, alarm.priority < pushover.EMERGENCY) == ("It arrived", True)


def test_a_request_for_help_offers_both_answers_where_the_channel_can():
    asks = replace(MESSAGE, kind="request", subject_id="42", body="Please")
    post = ntfy.render(asks)
    assert [body for _, body in post.answers] == ["answer=accept", "answer=decline"]
    assert post.acknowledge
    assert whatsapp.render(asks).status == "Please - reply 4 42 = accept, 5 42 = decline"


@pytest.mark.parametrize(
    ("state", "delivered", "seen", "fate"),
    [
        ("QUEUED", False, False, Fate.UNDER_WAY),
        ("SENT", False, False, Fate.HANDED_OVER),
        ("SENT", True, False, Fate.DELIVERED),
        ("SENDING", False, True, Fate.CONFIRMED),
        ("FAILED", False, False, Fate.FAILED),
        ("CANCELLED", False, False, Fate.NOT_SENT),
    ],
)
def test_what_is_known_of_a_message(state, delivered, seen, fate):
    assert fate_of(state, delivered=delivered, seen=seen) is fate


def test_there_is_advice_for_what_did_not_come_and_none_for_the_rest():
    assert "spam" in advice(Fate.HANDED_OVER, Channel.EMAIL)
    assert "admin" in advice(Fate.FAILED, Channel.SMS)
    assert advice(Fate.CONFIRMED, Channel.SMS) == ""


def test_one_tap_sends_a_real_page_on_every_way_and_the_page_follows_it(
    alice: User, as_alice: Client, phones: Phones, send_until: Callable[..., None]
) -> None:
    hook(alice, phones.hook.url("/alice"))
    telephone(alice, enabled=False)
    answer = as_alice.post("/profile/reach/test-page/")
    drill = Drill.objects.get()
    assert answer.url == f"/reachability/tests/{drill.public_id}/"
    send_until(lambda: set(fates().values()) == {"SENT"})
    assert set(fates()) == {"WEBHOOK", "EMAIL"}
    (mail,) = phones.mail.received
    link = f"/{link_in(of(drill, Channel.EMAIL))}"
    assert link in mail.text
    as_alice.post(link)
    page = as_alice.get(answer.url).content.decode()
    assert "1 of 2 arrived" in page
    assert "Confirmed" in page
    assert "Sent, waiting for your answer" in page
    assert not Incident.objects.exists()


def test_only_the_post_confirms_and_proves_the_way(alice: User, client: Client) -> None:
    row = of(start(alice), Channel.EMAIL)
    url = f"/{link_in(row)}"
    assert "Did the test page arrive?" in client.get(url).content.decode()
    assert ContactMethod.objects.get().proven_at is None
    assert "Thank you" in client.post(url).content.decode()
    method = ContactMethod.objects.get()
    assert method.proven_at
    assert method.verified_at is None  # whoever has the link need not be the person
    drill = Drill.objects.get()
    assert drill.answered_at
    assert drill.concluded_at  # nothing else was asked


def test_a_device_gets_its_answer_as_json_and_a_forged_link_nothing(
    alice: User, client: Client
) -> None:
    url = f"/{link_in(of(start(alice), Channel.EMAIL))}"
    accept = {"Accept": "application/json"}
    assert client.post(url, headers=accept).json()["title"] == "Thank you"
    assert client.post("/t/forged/", headers=accept).status_code == 410
    assert client.get("/t/forged/").status_code == 410
    assert links.delivery_of_arrival("forged") is None


def test_a_text_or_a_key_answers_even_from_a_number_that_was_never_verified(alice: User) -> None:
    telephone(alice)
    telephone(alice, Channel.VOICE)
    drill, now = start(alice), clock.now()
    how = {"channel": Channel.SMS, "now": now}
    assert texting.answer_to_drill("1", address=NUMBER, **how) == ""
    assert texting.answer_to_drill("3", address="+4900", **how) == ""
    assert "Thank you" in texting.answer_to_drill("3", address=NUMBER, **how)
    request = RequestFactory().post("/")
    call = of(drill, Channel.VOICE)
    assert "Thank you" in calling.pressed(call.pk, "7", now=now, request=request).text
    proven = ContactMethod.objects.filter(proven_at__isnull=False)
    assert set(proven.values_list("channel", flat=True)) == {"SMS", "VOICE"}


def test_one_that_cannot_be_ended_stops_no_other(
    alice: User, bob: User, pass_time: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = start(alice), start(bob)
    pass_time(3601)
    cancel = drills.cancel

    def stumble(kind: str, ids: list[int], *rest: object, **more: object) -> object:
        if bad.pk in ids:
            raise RuntimeError("a fault")
        return cancel(kind, ids, *rest, **more)

    monkeypatch.setattr(drills, "cancel", stumble)
    monkeypatch.setattr(drills, "_LATER", Later("it"))
    with pytest.raises(RuntimeError):
        drills.conclude_due(clock.now())
    assert list(Drill.objects.exclude(concluded_at=None)) == [good]


def test_without_an_answer_within_the_hour_it_is_over_and_the_person_told_once(
    alice: User, pass_time: Callable[[float], None]
) -> None:
    drill = start(alice)
    assert drills.conclude_due(clock.now()) == 0
    pass_time(3601)
    assert drills.conclude_due(clock.now()) == 1
    assert drills.conclude_due(clock.now()) == 0
    assert of(drill, Channel.EMAIL).state == "CANCELLED"
    told = InAppNotification.objects.filter(user=alice, title__contains="was not answered")
    assert told.count() == 1
    assert Reason.NO_ANSWER in of_user(alice, clock.now()).reasons or of_user(
        alice, clock.now()
    ).reasons == (Reason.NO_WAY,)
    late = of(drill, Channel.EMAIL)
    assert drills.unwanted([(late.pk, drill.pk, "1", alice.pk)], clock.now()) == {
        late.pk: "the test page is over"
    }


def test_an_admin_may_test_others_which_is_audited_and_nobody_else_may(
    alice: User, bob: User, root: User, client: Client, as_alice: Client
) -> None:
    path = reverse("notifications:start_drill_for", args=[bob.public_id])
    assert as_alice.post(path).status_code == 403
    client.force_login(root)
    page = client.get(client.post(path).url).content.decode()
    assert "Test page to Bob" in page
    assert "bob@example.com" not in page
    event = AuditEvent.objects.get(action="drill.started")
    assert (event.actor_label, event.target_label) == ("Root", "Bob")
    drill = Drill.objects.get()
    assert "Root" in json.dumps(of(drill, Channel.EMAIL).message)


def test_a_second_one_ends_the_first_and_too_many_are_refused(alice: User) -> None:
    first = start(alice)
    start(alice)
    first.refresh_from_db()
    assert first.concluded_at
    assert of(first, Channel.EMAIL).state == "CANCELLED"
    start(alice)
    with pytest.raises(Conflict):
        start(alice)


def test_it_leaves_behind_every_real_page(alice: User) -> None:
    row = of(start(alice), Channel.EMAIL)
    assert row.rank == 3
    assert not InAppNotification.objects.get().urgent


def test_the_api_starts_and_shows_test_pages(
    alice: User, bob: User, root: User, api: Callable[..., APIClient]
) -> None:
    mine = api(alice, "notifications:write", "notifications:read")
    started = mine.post("/api/users/me/test-pages")
    assert started.status_code == 201
    shown = mine.get(f"/api/test-pages/{started.json()['id']}").json()
    assert [one["fate"] for one in shown["messages"]] == ["under_way"]
    assert mine.post(f"/api/users/{bob.public_id}/test-pages").status_code == 403
    admin = api(root, "notifications:write")
    assert admin.post(f"/api/users/{bob.public_id}/test-pages").status_code == 201
    assert mine.get("/api/users/me/test-pages").json()["total"] == 1
    soon = clock.now() + timedelta(hours=1)
    assert shown["endsAt"] < soon.isoformat()
