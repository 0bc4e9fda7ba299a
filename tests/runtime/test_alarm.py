"""The pager's own alarm: when it is said, by whom, and without the parts that it is about."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from core import clock, heartbeat
from dashboard import commands, queries
from dashboard.domain.alarm import CALM, LASTING, MEANS, REPEAT, RETRY, Entry, Part, decide
from notifications.commands import herald
from notifications.models import Delivery
from opsknight.runtime import sentry
from opsknight.runtime.child import OFTEN, OFTEN_SECONDS, Child
from opsknight.runtime.database import Role
from opsknight.runtime.sentry import SILENT_SECONDS, Call, Sentry, alarm_message
from tests.phones import Phones

T0 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SEES = {Part.SENDER, Part.TICKER}
SECOND = timedelta(seconds=1)


AGAIN = T0 + CALM / 2


def said(
    *, reached: bool = True, over: datetime | None = None, since: datetime = T0
) -> dict[str, Entry]:
    return {"sender": Entry(since=since, said_at=T0, reached=reached, over_at=over)}


@pytest.mark.parametrize(
    ("book", "found", "after", "alarm", "over"),
    [
        ({}, {"sender"}, SECOND, ("sender",), ()),
        ({}, (), SECOND, (), ()),
        (said(), {"sender"}, REPEAT - SECOND, (), ()),
        (said(), {"sender"}, REPEAT + SECOND, ("sender",), ()),
        (said(reached=False), {"sender"}, RETRY + SECOND, ("sender",), ()),
        (said(), (), SECOND, (), ("sender",)),
        (said(reached=False), (), SECOND, (), ()),
        (said(over=T0), {"sender"}, CALM - SECOND, (), ()),
        (said(over=T0), {"sender"}, CALM + SECOND, ("sender",), ()),
        (said(since=AGAIN), {"sender"}, CALM / 2 + LASTING, (), ()),
        (said(since=AGAIN), {"sender"}, CALM / 2 + LASTING + SECOND, ("sender",), ()),
        (said(since=AGAIN), (), CALM / 2 + SECOND, (), ()),
    ],
)
def test_an_alarm_is_said_once_until_it_is_news_again(book, found, after, alarm, over) -> None:
    decision = decide(found, SEES, book, T0 + after)
    assert (decision.alarm, decision.over) == (alarm, over)


def test_a_watcher_ends_no_alarm_about_a_part_it_cannot_see() -> None:
    assert decide((), {Part.TICKER}, said(), T0).over == ()


def test_every_part_says_what_it_means() -> None:
    assert set(MEANS) == set(Part)


def test_a_process_that_hangs_twice_or_keeps_dying_is_named() -> None:
    child = Child("sender", lambda: None, Role.ENGINE, 15.0)
    for at in range(OFTEN):
        assert not child.keeps_failing(at)
        child.ended(float(at))
    assert child.keeps_failing(OFTEN)
    assert not child.keeps_failing(OFTEN + OFTEN_SECONDS)


@pytest.mark.django_db
class TestWatcher:
    def silence(self, watcher: Sentry, start: float) -> list[Call]:
        """A look when every part beats, and one when they have not for too long."""
        for part in sentry.BEATING:
            heartbeat.beat(part, now=clock.now() - 60 * SECOND)
        assert watcher.look(start) == []
        for part in sentry.BEATING:
            heartbeat.beat(part, now=clock.now())
        assert watcher.look(start) == []
        return watcher.look(start + SILENT_SECONDS + 1)

    def test_two_watchers_raise_one_alarm(self, root: User) -> None:
        start = time.monotonic()
        first, second = Sentry({Part.SENDER}), Sentry({Part.SENDER})
        assert [call.parts for call in self.silence(first, start)] == [("sender",)]
        second.look(start)
        assert second.look(start + SILENT_SECONDS + 1) == []
        assert list(queries.broken_parts()) == ["sender"]
        heartbeat.beat("sender", now=clock.now() + SECOND)
        assert second.look(start + SILENT_SECONDS + 2) == []  # nobody was told of it
        assert not queries.broken_parts()

    def test_people_are_told_directly_and_the_book_knows(self, root: User, phones: Phones) -> None:
        ways = herald.ways_of([root], [phones.hook.url("/alarm")], clock.now())
        commands.claim_alarm({"sender": "silent"}, SEES, clock.now())
        assert Call(ways, ("sender",), alarm_message({"sender": "silent"})).go()
        assert "the sender is silent" in phones.mails[0].subject
        assert phones.calls[0].json["subjectId"] == "sender"
        assert queries.broken_parts()["sender"].reached
        assert not Delivery.objects.exists()

    def test_a_database_that_is_away_is_said_from_memory(self) -> None:
        watcher = Sentry(SEES)
        assert watcher.database_away(0.0, "gone") == []
        (call,) = watcher.database_away(sentry.DATABASE_SECONDS, "gone")
        assert "the database does not answer" in call.message.title
        assert watcher.database_away(sentry.DATABASE_SECONDS + 5, "gone") == []
