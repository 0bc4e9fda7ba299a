"""Hand-offs as people live them: told once and in time, with the notes of whoever was before."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.actor import SYSTEM
from notifications import commands as notifications
from notifications.models import Delivery, InAppNotification
from schedules import commands
from schedules.commands import LayerSpec
from schedules.models import HandoffNote, Schedule, ShiftNotice

pytestmark = [pytest.mark.once, pytest.mark.django_db]
MONDAY = datetime(2026, 3, 16, 9, tzinfo=UTC)  # bob hands over to carol
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ACTING = {"by": SYSTEM, "now": MONDAY - 14 * DAY}


@pytest.fixture(autouse=True)
def clock_at() -> Iterator[Any]:
    with time_machine.travel(MONDAY - 14 * DAY - HOUR, tick=False) as traveller:
        yield traveller


@pytest.fixture
def rota(alice: User, bob: User, carol: User) -> Schedule:
    """alice, bob, carol by weeks, from Monday 2 March 09:00 in London."""
    schedule = commands.create_schedule(name="Primary", time_zone="Europe/London", **ACTING)
    people = [[user.pk] for user in (alice, bob, carol)]
    spec = LayerSpec(unit="week", anchor=datetime(2026, 3, 2, 9), slots=people)
    commands.add_layer(schedule, spec, name="Week", **ACTING)
    return schedule


def told() -> list[tuple[str, str]]:
    """Who was told what, in order."""
    rows = Delivery.objects.filter(subject_kind="shift").order_by("id")
    return [(row.user.name, row.message["title"]) for row in rows]


def test_a_hand_off_is_told_before_at_and_after_it(rota: Schedule):
    assert commands.tell_shifts(MONDAY - HOUR - MINUTE) == 0
    commands.tell_shifts(MONDAY - HOUR)
    assert told() == [("Carol", "Your shift starts in 1 h: Primary")]
    commands.tell_shifts(MONDAY + MINUTE)
    assert told()[1:] == [("Bob", "Your shift is over: Primary")]
    bell = InAppNotification.objects.filter(user__name="Carol").values_list("title", flat=True)
    assert "You are on call now: Primary" in bell


def test_the_notice_says_from_whom_and_until_when_in_the_persons_own_zone(
    rota: Schedule, carol: User
):
    User.objects.filter(pk=carol.pk).update(time_zone="Asia/Kolkata")
    commands.tell_shifts(MONDAY - HOUR)
    facts = dict(Delivery.objects.get().message["facts"])
    assert facts["From"] == "Mon 16 Mar 2026, 14:30 IST"
    assert facts["Until"] == "Mon 23 Mar 2026, 14:30 IST"
    assert facts["On call before"] == "Bob"


def test_without_a_lead_the_start_itself_is_told(rota: Schedule):
    commands.set_handoff_lead(rota, 0, **ACTING)
    commands.tell_shifts(MONDAY - MINUTE)
    assert told() == []
    commands.tell_shifts(MONDAY)
    assert set(told()) == {
        ("Carol", "You are on call now: Primary"),
        ("Bob", "Your shift is over: Primary"),
    }


def test_a_schedule_may_tell_nobody(rota: Schedule):
    commands.set_handoff_lead(rota, None, **ACTING)
    assert commands.tell_shifts(MONDAY) == 0


def test_everything_is_told_once(rota: Schedule):
    for seconds in range(0, 7200, 600):
        commands.tell_shifts(MONDAY - HOUR + timedelta(seconds=seconds))
    assert len(told()) == 2
    assert ShiftNotice.objects.count() == 3


def test_after_an_outage_old_news_is_dropped_and_logged(rota: Schedule, caplog):
    assert commands.tell_shifts(MONDAY + 2 * HOUR) == 0
    assert told() == []
    assert "notice dropped, too late: start" in caplog.text
    caplog.clear()
    assert commands.tell_shifts(MONDAY + 2 * HOUR + MINUTE) == 0
    assert caplog.text == ""


def test_a_short_outage_only_delays(rota: Schedule):
    commands.tell_shifts(MONDAY + HOUR - MINUTE)
    assert {name for name, _ in told()} == {"Bob", "Carol"}


def test_an_override_is_a_hand_off_too(rota: Schedule, alice: User, bob: User):
    start = MONDAY - 3 * DAY
    commands.add_override(
        rota, kind="REPLACE", user=alice, replaces=bob, start=start, end=start + DAY, **ACTING
    )
    commands.tell_shifts(start - MINUTE)
    commands.tell_shifts(start + MINUTE)
    assert told() == [
        ("Alice", "Your shift starts in 1 min: Primary"),
        ("Bob", "Your shift is over: Primary"),
    ]


def test_own_rules_for_what_is_not_urgent_count(rota: Schedule, carol: User):
    phone = notifications.add_method(
        carol, channel="EMAIL", address="carol@phone.example.com", **ACTING
    )
    notifications.set_rules(carol, urgency="LOW", wanted=[(phone, 5)], **ACTING)
    commands.tell_shifts(MONDAY - HOUR)
    assert Delivery.objects.get().address == "carol@phone.example.com"


def test_notes_reach_the_next_person(rota: Schedule, alice: User, bob: User, clock_at: Any):
    commands.add_note(rota, author=alice, text="old story", by=SYSTEM, now=MONDAY - 10 * DAY)
    note = "Disk of <b>db1</b> is nearly full"
    commands.add_note(rota, author=bob, text=note, by=SYSTEM, now=MONDAY - DAY)
    commands.tell_shifts(MONDAY - HOUR)
    body = Delivery.objects.get().message["body"]
    assert body.endswith(f"Bob: {note}")
    commands.add_note(rota, author=bob, text="db2 as well", by=SYSTEM, now=MONDAY - MINUTE)
    commands.tell_shifts(MONDAY)
    bell = InAppNotification.objects.get(title="You are on call now: Primary")
    assert "Bob: db2 as well" in bell.body


@pytest.fixture
def my_duty(clock_at: Any) -> Callable[[Client], str]:
    def text(browser: Client) -> str:
        clock_at.move_to(MONDAY + HOUR)
        answer = browser.get(reverse("schedules:my_duty"), headers={"HX-Request": "true"})
        return " ".join(answer.content.decode().split())

    return text


def test_home_says_until_when_for_what_and_who_is_next(
    rota: Schedule, bob: User, as_carol: Client, my_duty: Callable
):
    commands.add_note(rota, author=bob, text="<i>watch</i> db1", by=SYSTEM, now=MONDAY - DAY)
    page = my_duty(as_carol)
    assert "You are on call for" in page
    assert "Primary" in page
    assert "(<time" in page
    assert "next: Alice" in page
    assert "Bob: &lt;i&gt;watch&lt;/i&gt; db1" in page


def test_home_says_when_the_next_shift_is(rota: Schedule, as_bob: Client, my_duty: Callable):
    page = my_duty(as_bob)
    assert "Your next shift for" in page
    assert "Mon 30 Mar, 08:00" in page  # 09:00 in London; bob reads UTC


def test_home_of_somebody_free(root: User, rota: Schedule, as_root: Client, my_duty: Callable):
    assert "No shift ahead" in my_duty(as_root)


def test_whoever_sees_the_schedule_may_leave_a_note(rota: Schedule, as_carol: Client, carol: User):
    path = reverse("schedules:notes", args=[rota.public_id])
    assert "No notes yet" in as_carol.get(path).content.decode()
    assert as_carol.post(path, {"text": "a & b"}).status_code == 302
    assert "a &amp; b" in as_carol.get(path).content.decode()
    assert as_carol.post(path, {"text": " "}).status_code == 422
    lead = reverse("schedules:handoff_lead", args=[rota.public_id])
    assert as_carol.post(lead, {"minutes": "5"}).status_code == 403


def test_only_the_author_or_an_admin_removes_a_note(
    rota: Schedule, alice: User, as_bob: Client, as_root: Client
):
    note = commands.add_note(rota, author=alice, text="x", **ACTING)
    path = reverse("schedules:remove_note", args=[rota.public_id, note.public_id])
    as_bob.post(path)
    assert HandoffNote.objects.exists()
    as_root.post(path)
    assert not HandoffNote.objects.exists()


def test_the_lead_is_set_on_the_page_and_by_the_api(
    api: Callable, rota: Schedule, alice: User, as_alice: Client
):
    as_alice.post(reverse("schedules:handoff_lead", args=[rota.public_id]), {"minutes": "90"})
    path = f"/api/schedules/{rota.public_id}"
    client = api(alice)
    assert client.get(path).json()["handoffLeadMinutes"] == 90
    answer = client.patch(path, {"handoffLeadMinutes": None})
    assert answer.json()["handoffLeadMinutes"] is None
    assert client.patch(path, {"handoffLeadMinutes": -1}).status_code == 422


def test_notes_by_the_api(api: Callable, rota: Schedule, alice: User, bob: User):
    path = f"/api/schedules/{rota.public_id}/notes"
    made = api(alice).post(path, {"text": "watch db1"})
    assert made.status_code == 201
    [note] = api(bob).get(path).json()["notes"]
    assert (note["text"], note["author"]["name"]) == ("watch db1", "Alice")
    assert api(bob).delete(f"{path}/{note['id']}").status_code == 403
    assert api(alice).delete(f"{path}/{note['id']}").status_code == 204


def test_any_number_of_workers_tell_it_once(transactional_db, rota: Schedule, at_once: Callable):
    results = at_once(4, commands.tell_shifts, MONDAY - HOUR)
    assert [one for one in results if isinstance(one, Exception)] == []
    assert told() == [("Carol", "Your shift starts in 1 h: Primary")]
