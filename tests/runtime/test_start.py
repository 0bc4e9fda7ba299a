"""What `manage.py up` refuses to start with, each time saying what helps."""

import socket
from collections.abc import Iterator

import pytest
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from core.models import Setting
from opsknight.runtime import start


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_taken_port_is_named(settings, taken: int) -> None:
    settings.HOST, settings.PORT = "127.0.0.1", taken
    with pytest.raises(start.Refused, match=f"127.0.0.1:{taken}: another program uses this port"):
        start.bind()


def test_an_address_of_another_machine_is_refused(settings) -> None:
    settings.HOST, settings.PORT = "192.0.2.1", 0
    with pytest.raises(start.Refused, match="cannot listen on 192.0.2.1"):
        start.bind()


@pytest.mark.django_db
def test_missing_migrations_are_named() -> None:
    MigrationRecorder.Migration.objects.filter(app="core").delete()
    with pytest.raises(start.Refused, match=r"first core\.0001_initial.*manage.py migrate"):
        start.check_migrations()


@pytest.mark.django_db
def test_the_first_start_notes_the_keys_and_later_ones_agree() -> None:
    start.check_fingerprint()
    start.check_fingerprint()
    assert Setting.objects.filter(name=start.FINGERPRINT).count() == 1


@pytest.mark.django_db
def test_another_pepper_is_refused(settings) -> None:
    start.check_fingerprint()
    settings.KEY_PEPPER = "another pepper altogether"
    with pytest.raises(start.Refused, match=r"secrets\.json"):
        start.check_fingerprint()


@pytest.mark.django_db
def test_a_newer_key_in_front_of_the_ring_is_fine(settings) -> None:
    start.check_fingerprint()
    settings.FIELD_KEYS = ["a newer key", *settings.FIELD_KEYS]
    start.check_fingerprint()


@pytest.mark.django_db
def test_no_token_is_made_where_only_this_machine_can_come_in(settings) -> None:
    settings.LOOPBACK, settings.SETUP_TOKEN = True, ""
    assert start.setup_token() is None


@pytest.mark.django_db
def test_a_token_of_the_operator_is_kept(settings) -> None:
    settings.LOOPBACK, settings.SETUP_TOKEN = False, "chosen by the operator"
    assert start.setup_token() == "chosen by the operator"


@pytest.mark.django_db
def test_no_token_is_shown_once_somebody_is_there(settings) -> None:
    settings.LOOPBACK, settings.SETUP_TOKEN = False, ""
    User.objects.create(email="alice@example.com", name="Alice")
    assert start.setup_token() is None
    assert not settings.SETUP_TOKEN
