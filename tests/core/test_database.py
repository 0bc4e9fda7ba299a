"""What both databases must agree on: rows that exist are passed over, broken ones are refused."""

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Model

from accounts.models import User
from core import clock
from core.models import RateBucket
from incidents.models import Page
from notifications.models import Delivery, InAppNotification

pytestmark = pytest.mark.django_db


def keep(*rows: Model) -> None:
    with transaction.atomic():
        type(rows[0])._default_manager.bulk_create(rows, ignore_conflicts=True)


def test_what_exists_already_is_passed_over(db: None) -> None:
    keep(RateBucket(key="a", window=1, count=5))
    keep(RateBucket(key="a", window=1, count=7), RateBucket(key="b", window=1, count=7))
    assert dict(RateBucket.objects.values_list("key", "count")) == {"a": 5, "b": 7}


def test_a_value_that_is_missing_is_no_conflict_to_be_ignored(alice: User) -> None:
    notice = InAppNotification(user=alice, title="t", key="k", created_at=None)
    with pytest.raises(IntegrityError):
        keep(notice)


def test_a_value_that_a_check_forbids_is_no_conflict_to_be_ignored(alice: User) -> None:
    now = clock.now()
    row = Delivery(subject_id=1, message={}, rank=-1, next_attempt_at=now, created_at=now)
    with pytest.raises((IntegrityError, DataError)):
        keep(row)


def test_a_page_that_nobody_gets_is_no_conflict_to_be_ignored(alice: User) -> None:
    page = Page(incident_id=None, user=alice, run=1, cycle=1, step=0, created_at=clock.now())
    with pytest.raises(IntegrityError):
        keep(page)


@pytest.mark.sqlite_only
def test_sqlite_runs_on_our_engine() -> None:
    assert connection.settings_dict["ENGINE"] == "core.sqlite3"
