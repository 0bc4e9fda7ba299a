"""Error pages wear the product's clothes, under the names that the collected files have."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver

from core.fast_lane import PREFIXES
from core.templatetags import ui
from core.web import csrf_failure, error_page
from dashboard.web.views import errors
from opsknight.runtime import static
from tests.test_openapi import routes

FORM = "application/x-www-form-urlencoded"
FAST_LANE = tuple(prefix.lstrip("/") for prefix in PREFIXES)
ANSWERS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "400": errors.unreadable,
    "400 host": lambda request: error_page(request, 400, reason="host", host="evil.example.com"),
    "403": errors.forbidden,
    "403 csrf": csrf_failure,
    "404": errors.not_found,
    "500": errors.broken,
}


@pytest.fixture
def collected(settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hashed files and nothing else, as in production."""
    settings.STATIC_ROOT = tmp_path_factory.mktemp("collected")
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "opsknight.static_files.Storage"}
    }
    static.collect_if_stale(lambda _: None)
    ui._sprite.cache_clear()
    yield
    ui._sprite.cache_clear()


def files_of(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="/static/([^"#]+)', page)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_error_page_without_a_database_names_files_that_are_there(collected, rf, name: str):
    answer = ANSWERS[name](rf.get("/"))
    assert answer.status_code == int(name[:3])
    files = files_of(answer.content.decode())
    assert any(re.fullmatch(r"css/app\.[0-9a-f]{12}\.css", file) for file in files)
    assert all(staticfiles_storage.exists(file) for file in files)


def test_a_request_that_meets_a_dead_database_gets_the_styled_page(collected):
    # Without the mark for it no test may reach the database: to the product it is dead.
    answer = Client(raise_request_exception=False).get("/incidents/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something broke on our side" in page
    assert [file for file in files_of(page) if staticfiles_storage.exists(file)]


def test_an_error_page_is_drawn_even_when_no_file_was_collected(rf, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "opsknight.static_files.Storage"}
    }
    assert "Something broke" in errors.broken(rf.get("/")).content.decode()


@pytest.mark.parametrize(
    ("cookie", "frame"), [("dark", 'data-theme="opsknight-dark"'), ("x", '<html lang="en">')]
)
def test_an_error_page_keeps_the_theme_of_the_browser(rf, cookie: str, frame: str):
    rf.cookies["theme"] = cookie
    assert frame in errors.not_found(rf.get("/")).content.decode()


def test_a_malformed_request_has_a_page(root, client: Client):
    too_many = {f"field{n}": "x" for n in range(django_settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    answer = client.post("/theme/", too_many)
    assert answer.status_code == 400
    assert "could not be read" in answer.content.decode()


def test_browsers_find_an_icon_where_they_look_for_one(client: Client, db):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"] == "/static/icons/icon-192.png"


def test_a_nul_is_refused_by_every_list_and_every_form(as_root):
    plain = [path for path, _ in routes(get_resolver().url_patterns) if "<" not in path]
    pages = [path for path in plain if not path.startswith(("admin", "static", "accounts"))]
    assert len(pages) > 60
    odd = [f"/{path}?q=%00" for path in pages if not path.startswith(FAST_LANE)]
    assert {as_root.get(path).status_code for path in odd} == {400}
    assert as_root.get("/incidents/", {"q": "%00"}).status_code == 200
    assert as_root.get("/services/%00/").status_code == 400
    assert as_root.post("/theme/", "theme=%00", content_type=FORM).status_code == 400


def test_whoever_is_signed_in_keeps_the_navigation_on_a_404(as_root, client):
    inside = as_root.get("/nothing/here/")
    assert inside.status_code == 404
    assert "Escalation policies" in inside.content.decode()
    outside = client.get("/nothing/here/")
    assert "Escalation policies" not in outside.content.decode()
