"""Cover and swaps: who may answer, one winner, both shifts or none, and shifts that move."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User, UserStatus
from core import clock
from core.actor import SYSTEM
from core.errors import Conflict, Forbidden, ValidationFailed
from notifications.models import Delivery, DeliveryState, InAppNotification
from schedules import commands, queries
from schedules.commands import LayerSpec
from schedules.models import CoverRequest, CoverState, Layer, Override, Schedule, ShiftBinding
from tests.cast import browser_of

pytestmark = [pytest.mark.once, pytest.mark.django_db]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACTING = {"by": SYSTEM, "now": NOW}
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
BOBS = datetime(2026, 3, 9, 9, tzinfo=UTC)  # bob's week
CAROLS = BOBS + WEEK


def weekly(*people: User, anchor: datetime = datetime(2026, 3, 2, 9)) -> LayerSpec:
    return LayerSpec(unit="week", anchor=anchor, slots=[[user.pk] for user in people])


@pytest.fixture
def layer(alice: User, bob: User, carol: User) -> Layer:
    """alice, bob, carol by weeks in UTC; alice serves at NOW."""
    rota = commands.create_schedule(name="Primary", time_zone="UTC", **ACTING)
    spec = weekly(alice, bob, carol)
    return commands.add_layer(rota, spec, name="Week", effective_from=NOW - 3 * HOUR, **ACTING)


@pytest.fixture
def rota(layer: Layer) -> Schedule:
    return layer.schedule


def me(user: User, now: datetime = NOW) -> dict:
    return {"by": user.as_actor("web"), "now": now}


def ask(rota: Schedule, user: User, start: datetime = BOBS, **more: object) -> CoverRequest:
    values = {"start": start, "end": start + WEEK, **me(user), **more}
    return commands.ask_cover(rota, requester=user, **values)


def accept(row: CoverRequest, user: User, now: datetime = NOW) -> list[Override]:
    return commands.accept_cover(row, taker=user, **me(user, now))


def name_at(rota: Schedule, at: datetime) -> str:
    return "+".join(entry.user.name for entry in queries.on_call([rota.pk], at)[rota.pk])


def titles(user: User) -> list[str]:
    rows = InAppNotification.objects.filter(user=user).order_by("id")
    return [row.title.removesuffix(": Primary") for row in rows]


def state_of(row: CoverRequest) -> str:
    row.refresh_from_db()
    return row.state


def test_one_person_is_asked_and_takes_it(rota: Schedule, alice: User, bob: User, carol: User):
    row = ask(rota, bob, asked=alice, message="Dentist")
    assert titles(alice) == ["Bob asks you to take over"]
    assert titles(bob) == titles(carol) == []
    assert name_at(rota, BOBS) == "Bob"
    accept(row, alice)
    assert (state_of(row), row.taken_by) == (CoverState.TAKEN, alice)
    assert name_at(rota, BOBS) == "Alice" and name_at(rota, CAROLS) == "Carol"
    assert titles(bob) == ["Alice takes over from you"]
    assert len(titles(alice)) == 1


def test_anyone_is_asked_and_the_first_wins(rota: Schedule, alice: User, bob: User, carol: User):
    row = ask(rota, bob)
    assert titles(alice) == titles(carol) == ["Bob is looking for cover"]
    accept(row, carol)
    with pytest.raises(Conflict, match="Carol has taken it already") as refused:
        accept(row, alice)
    assert refused.value.reason == "taken"
    assert Override.objects.count() == 1
    # Mail that asks and has not left is called back.
    asking = Delivery.objects.filter(subject_kind="cover", page_key__startswith="asked.")
    assert {mail.state for mail in asking} == {DeliveryState.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_get_one_shift(
    rota: Schedule, alice: User, bob: User, carol: User, at_once: Callable
):
    row = ask(rota, bob)
    people = [alice, carol] * 3
    numbers = iter(range(6))
    results = at_once(6, lambda: accept(row, people[next(numbers)]))
    won = [one for one in results if isinstance(one, list)]
    assert len(won) == 1
    assert all(isinstance(one, Conflict) for one in results if one not in won)
    assert Override.objects.get().user == CoverRequest.objects.get().taken_by


def test_a_swap_moves_both_shifts_or_none(rota: Schedule, bob: User, carol: User):
    row = ask(rota, bob, asked=carol, in_return=(CAROLS, CAROLS + WEEK))
    assert titles(carol) == ["Bob offers you a swap"]
    accept(row, carol)
    assert [name_at(rota, BOBS), name_at(rota, CAROLS)] == ["Carol", "Bob"]
    assert titles(bob) == ["Carol swaps with you"]
    assert ShiftBinding.objects.filter(request=row).count() == 2


def test_a_swap_ends_before_the_earlier_of_both_shifts(rota: Schedule, bob: User, carol: User):
    row = ask(rota, carol, CAROLS, asked=bob, in_return=(BOBS, BOBS + WEEK))
    assert row.expires_at == BOBS


def test_a_decline_ends_it_and_tells_the_requester(rota: Schedule, alice: User, bob: User):
    row = ask(rota, bob, asked=alice)
    with pytest.raises(Forbidden):
        commands.decline_cover(row, **me(bob))
    commands.decline_cover(row, **me(alice))
    assert state_of(row) == CoverState.DECLINED
    assert titles(bob) == ["Alice cannot take over"]
    with pytest.raises(Conflict, match="declined"):
        accept(row, alice)
    with pytest.raises(Conflict):
        commands.decline_cover(ask(rota, bob), **me(alice))


def test_it_can_be_withdrawn_by_whoever_asked(rota: Schedule, alice: User, bob: User):
    row = ask(rota, bob, asked=alice)
    with pytest.raises(Forbidden):
        commands.withdraw_cover(row, **me(alice))
    commands.withdraw_cover(row, **me(bob))
    assert state_of(row) == CoverState.WITHDRAWN
    assert titles(alice)[-1] == "Bob needs no cover any more"


def test_what_nobody_took_expires_at_the_start_once(rota: Schedule, alice: User, bob: User):
    row = ask(rota, bob)
    assert commands.expire_covers(BOBS - HOUR) == 0
    with pytest.raises(Conflict) as refused:
        accept(row, alice, BOBS)
    assert refused.value.reason == "expired"
    assert [commands.expire_covers(BOBS), commands.expire_covers(BOBS)] == [1, 0]
    assert state_of(row) == CoverState.EXPIRED
    assert titles(bob) == ["Nobody took your shift"]
    assert name_at(rota, BOBS) == "Bob"


def test_an_admin_accepts_for_somebody_else(
    rota: Schedule, alice: User, bob: User, carol: User, root: User
):
    row = ask(rota, bob, asked=alice)
    with pytest.raises(Forbidden):
        commands.accept_cover(row, taker=alice, **me(carol))
    with pytest.raises(Forbidden):
        accept(row, carol)
    commands.accept_cover(row, taker=alice, **me(root))
    assert name_at(rota, BOBS) == "Alice"
    assert titles(alice)[-1] == "You take over from Bob"


def test_a_disabled_person_is_neither_asked_nor_takes_it(
    rota: Schedule, alice: User, bob: User, root: User
):
    row = ask(rota, bob, asked=alice)
    alice.become(UserStatus.DISABLED)
    alice.save()
    with pytest.raises(ValidationFailed, match="disabled"):
        commands.accept_cover(row, taker=alice, **me(root))
    assert state_of(row) == CoverState.OPEN and name_at(rota, BOBS) == "Bob"
    with pytest.raises(ValidationFailed, match="disabled"):
        ask(rota, bob, BOBS + 3 * WEEK, asked=alice)


def test_only_what_one_serves_and_what_is_to_come_can_be_given(
    rota: Schedule, alice: User, bob: User, carol: User
):
    refused = [
        ({"start": CAROLS}, "start"),
        ({"start": NOW - HOUR, "end": NOW + DAY}, "start"),
        ({"end": BOBS}, "end"),
        ({"asked": bob}, "askedUserId"),
        ({"in_return": (CAROLS, CAROLS + WEEK)}, "askedUserId"),
        ({"asked": alice, "in_return": (CAROLS, CAROLS + WEEK)}, "returnStart"),
    ]
    for change, field in refused:
        with pytest.raises(ValidationFailed) as error:
            ask(rota, bob, **change)
        assert error.value.field == field
    ask(rota, bob)
    with pytest.raises(Conflict, match="already"):
        ask(rota, bob, end=BOBS + DAY)


def test_nobody_takes_over_what_the_requester_serves_no_more(
    rota: Schedule, alice: User, bob: User, carol: User
):
    row = ask(rota, bob)
    span = {"start": BOBS, "end": BOBS + WEEK}
    commands.add_override(rota, kind="COVER_ALL", user=carol, **span, **ACTING)
    with pytest.raises(Conflict, match="not on call then any more"):
        accept(row, alice)
    assert state_of(row) == CoverState.OPEN


# --- edits of the rotation -------------------------------------------------------------------


def test_a_moved_hand_off_moves_a_swap_with_it(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    accept(ask(rota, bob, asked=carol, in_return=(CAROLS, CAROLS + WEEK)), carol)
    later = weekly(alice, bob, carol, anchor=datetime(2026, 3, 4, 17))
    commands.edit_layer(layer, later, **ACTING)
    # alice keeps the pager to the next hand-off, and bob's week begins there.
    moved = datetime(2026, 3, 4, 17, tzinfo=UTC)
    spans = list(Override.objects.order_by("start").values_list("start", "end"))
    assert spans == [(moved, moved + WEEK), (moved + WEEK, moved + 2 * WEEK)]
    assert [name_at(rota, at) for at in (moved - HOUR, moved, moved + WEEK)] == [
        "Alice",
        "Carol",
        "Bob",
    ]
    assert titles(bob)[-2:] == ["The cover of your shift has moved", "Your cover has moved"]
    row = CoverRequest.objects.get()
    assert (row.start, row.return_start) == (moved, moved + WEEK)
    # The next edit finds them again.
    commands.edit_layer(layer, weekly(alice, bob, carol), by=SYSTEM, now=NOW + HOUR)
    assert [name_at(rota, at) for at in (BOBS, CAROLS)] == ["Carol", "Bob"]


def test_another_zone_moves_a_cover_with_the_shift(rota: Schedule, alice: User, bob: User):
    accept(ask(rota, bob), alice)
    commands.update_schedule(rota, time_zone="America/New_York", by=SYSTEM, now=NOW + DAY)
    row = Override.objects.get()
    assert row.start == datetime(2026, 3, 9, 13, tzinfo=UTC)
    assert name_at(rota, row.start) == name_at(rota, row.end - HOUR) == "Alice"


def test_a_cover_of_a_cover_follows_as_well(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    accept(ask(rota, bob), alice)
    accept(ask(rota, alice), carol)
    commands.edit_layer(layer, weekly(alice, bob, carol, anchor=datetime(2026, 3, 3, 9)), **ACTING)
    assert set(Override.objects.values_list("start", flat=True)) == {BOBS + DAY - WEEK}
    assert name_at(rota, BOBS + 2 * DAY - WEEK) == "Carol"


def test_a_shift_that_is_no_more_ends_its_cover_and_both_are_told(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    accept(ask(rota, bob), alice)
    waiting = ask(rota, bob, BOBS + 3 * WEEK)
    commands.edit_layer(layer, weekly(alice, carol), **ACTING)
    assert Override.objects.get().cancelled_at == NOW
    assert titles(alice)[-1] == "The shift that you cover is gone"
    assert "Your shift is gone, and its cover" in titles(bob)
    assert state_of(waiting) == CoverState.WITHDRAWN
    assert titles(bob)[-1] == "A shift that waited for cover is gone"
    assert name_at(rota, BOBS) == "Carol"


def test_a_waiting_request_moves_with_its_shift(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    row = ask(rota, bob)
    later = weekly(alice, bob, carol, anchor=datetime(2026, 3, 4, 17))
    commands.edit_layer(layer, later, **ACTING)
    row.refresh_from_db()
    assert row.start == row.expires_at == datetime(2026, 3, 4, 17, tzinfo=UTC)
    accept(row, carol)
    assert name_at(rota, row.start) == "Carol"


def test_a_cover_that_runs_ends_with_the_new_hand_off(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    accept(ask(rota, bob), carol)
    later = weekly(alice, bob, carol, anchor=datetime(2026, 3, 4, 17))
    commands.edit_layer(layer, later, by=SYSTEM, now=BOBS + DAY)
    row = Override.objects.get()
    assert (row.start, row.end) == (BOBS, datetime(2026, 3, 11, 17, tzinfo=UTC))
    assert name_at(rota, row.end - HOUR) == "Carol" and name_at(rota, row.end) == "Carol"


def test_edits_far_ahead_leave_earlier_covers_alone(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    accept(ask(rota, bob), alice)
    cut = BOBS + 10 * WEEK
    commands.edit_layer(layer, weekly(carol, bob), effective_from=cut, **ACTING)
    assert (Override.objects.get().start, name_at(rota, BOBS)) == (BOBS, "Alice")


def test_a_removed_layer_takes_its_covers_along(
    rota: Schedule, layer: Layer, alice: User, bob: User
):
    accept(ask(rota, bob), alice)
    waiting = ask(rota, bob, BOBS + 3 * WEEK)
    commands.remove_layer(layer, confirm_gap=True, **ACTING)
    assert Override.objects.get().cancelled_at == NOW
    assert state_of(waiting) == CoverState.WITHDRAWN


def test_a_part_of_a_shift_keeps_its_clock_times(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    accept(ask(rota, bob, end=BOBS + DAY), alice)
    assert not ShiftBinding.objects.exists()
    later = weekly(alice, bob, carol, anchor=datetime(2026, 3, 4, 17))
    commands.edit_layer(layer, later, **ACTING)
    assert Override.objects.get().start == BOBS


def test_a_taker_who_is_away_is_asked_once_more(rota: Schedule, alice: User, bob: User):
    row = ask(rota, bob, asked=alice)
    away = {"start": BOBS + DAY, "end": BOBS + 2 * DAY}
    commands.add_time_off(alice, **away, **me(alice))
    with pytest.raises(Conflict, match="Alice has time off then"):
        accept(row, alice)
    assert state_of(row) == CoverState.OPEN
    commands.accept_cover(row, taker=alice, despite_absence=True, **me(alice))
    assert name_at(rota, BOBS + DAY) == "Alice"


def test_whoever_left_the_schedule_takes_nothing_that_anyone_was_asked(
    rota: Schedule, layer: Layer, alice: User, bob: User, carol: User
):
    row = ask(rota, bob)
    commands.edit_layer(layer, weekly(alice, bob), **ACTING)
    with pytest.raises(Forbidden, match="not on this schedule any more"):
        accept(row, carol, NOW + HOUR)
    assert accept(row, alice, NOW + HOUR)


def test_a_swap_whose_return_is_gone_is_refused_whole(
    rota: Schedule, alice: User, bob: User, carol: User
):
    row = ask(rota, bob, asked=carol, in_return=(CAROLS, CAROLS + WEEK))
    span = {"start": CAROLS, "end": CAROLS + WEEK}
    commands.add_override(rota, kind="REPLACE", user=alice, replaces=carol, **span, **ACTING)
    with pytest.raises(Conflict, match="nothing to give in return"):
        accept(row, carol)
    assert state_of(row) == CoverState.OPEN
    assert name_at(rota, BOBS) == "Bob"


def test_a_name_with_a_nul_is_nobody_and_no_error(rota: Schedule, bob: User, root: User):
    """PostgreSQL takes none; a form sent in parts brings it past the check of plain forms."""
    row = ask(rota, bob, start=clock.now() + DAY, end=clock.now() + 30 * DAY, now=clock.now())
    client, bad = browser_of(root), "usr_\x00"
    accepted = client.post(f"/on-call/covers/{row.public_id}/accept/", {"taker": bad})
    chosen = client.post(f"/schedules/{rota.public_id}/fairness/holidays/", {"calendar": bad})
    assert (accepted.status_code, chosen.status_code) == (404, 404)
