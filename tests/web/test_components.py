"""Components say what they must: words beside colours, names for icons, links that stay links."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib import messages
from django.core.paginator import Paginator
from django.utils import timezone
from django.views import defaults

from core import clock
from tests.web.conftest import Draw, ServiceForm

ROOT = Path(__file__).resolve().parents[2]


def test_the_styleguide_draws_every_component_without_leftovers(styleguide: str):
    body = styleguide.split("<body>")[1]
    assert not re.search(r"</?c-|\{\{|\{%", body)
    assert body.count("<h1>") == 1
    assert '<use href="/static/icons/sprite' in body


def test_ids_of_the_styleguide_are_unique(styleguide: str):
    ids = re.findall(r'\bid="([^"]+)"', styleguide)
    assert sorted(ids) == sorted(set(ids))


def test_the_frame_stands_without_navigation_or_person(draw: Draw):
    page = draw('{% extends "base.html" %}{% block content %}hello{% endblock %}')
    assert "hello" in page
    assert "data-theme" not in page
    assert 'class="dock"' not in page


def test_the_chosen_theme_is_in_the_first_tag(draw: Draw):
    page = draw('{% extends "base_public.html" %}', theme="dark")
    assert '<html lang="en" data-theme="opsknight-dark">' in page


def test_a_status_is_an_icon_and_a_word(draw: Draw):
    badge = draw('<c-badge.status value="ACKNOWLEDGED" />')
    assert "badge-acknowledged" in badge
    assert "#user-check" in badge
    assert "Acknowledged" in badge


def test_a_button_with_an_address_is_a_link(draw: Draw):
    link = draw('<c-button href="/a?b=1&amp;c=2" data-dialog="x">Go</c-button>')
    assert link.strip().startswith("<a ")
    assert 'data-dialog="x"' in link


def test_an_icon_button_has_a_name(draw: Draw):
    button = draw('<c-button icon="pencil" label="Edit" />')
    assert 'aria-label="Edit"' in button
    assert "btn-square" in button


def test_what_people_wrote_is_escaped(draw: Draw):
    name = '<script>"x"</script>'
    drawn = draw('<c-card title="{{ name }}"><c-person name="{{ name }}" /></c-card>', name=name)
    assert "<script>" not in drawn
    drawn = draw('<c-copy :value="name" label="Name" />', name=name)
    assert "<script>" not in drawn


def test_help_and_error_of_a_field_are_announced_with_it(draw: Draw):
    drawn = draw('<c-field :field="form.name" />', form=ServiceForm({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'id="id_name_helptext"' in drawn
    assert 'id="id_name_error"' in drawn
    assert 'aria-invalid="true"' in drawn


def test_a_plain_form_is_drawn_with_our_fields(draw: Draw):
    drawn = draw("{{ form }}", form=ServiceForm())
    assert drawn.count('class="form-field"') == len(ServiceForm.base_fields)


def test_a_form_that_several_fields_refuse_lists_them_with_links(draw: Draw):
    drawn = draw('<c-form :form="form" />', form=ServiceForm({}))
    assert 'role="alert"' in drawn
    assert 'href="#id_name"' in drawn
    assert "csrfmiddlewaretoken" in drawn


def test_pages_keep_the_other_parameters(draw: Draw):
    drawn = draw('<c-pagination :page="page" />', page=Paginator(range(99), 20).page(2))
    assert 'href="?team=payments&amp;page=3"' in drawn
    assert "21 to 40 of 99" in drawn


def test_a_message_with_an_address_offers_undo(draw: Draw, visit):
    messages.success(visit, "Acknowledged", extra_tags="/undo/7")
    drawn = draw('{% include "_toasts.html" %}')
    assert 'action="/undo/7"' in drawn
    assert 'aria-live="polite"' in drawn


def test_a_refusal_stays_until_it_is_dismissed(draw: Draw, visit):
    messages.error(visit, "Somebody else took it")
    assert 'data-toast="0"' in draw('{% include "_toasts.html" %}')


@pytest.mark.parametrize(
    ("ago", "text"), [(10, "just now"), (300, "5 min ago"), (7200, "2 h ago"), (-90000, "in 1 d")]
)
def test_times_are_relative_and_say_the_zone(draw: Draw, ago: int, text: str):
    value = clock.now() - timedelta(seconds=ago)
    with timezone.override("Asia/Kolkata"):
        drawn = draw("{% local_time value %}", value=value)
    assert f">{text}</time>" in drawn
    assert 'IST"' in drawn


def test_no_time_is_a_dash(draw: Draw):
    assert draw("{% local_time value %}{% countdown value %}", value=None) == "——"


def test_an_absolute_time_is_in_the_zone_of_the_viewer(draw: Draw):
    with timezone.override("America/New_York"):
        value = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # half an hour after the clocks change
        assert ">8 Mar 2026, 03:30</time>" in draw('{% local_time v show="absolute" %}', v=value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda visit: defaults.bad_request(visit, None), "could not be read"),
        (lambda visit: defaults.permission_denied(visit, PermissionError()), "may not see this"),
        (lambda visit: defaults.page_not_found(visit, FileNotFoundError()), "Nothing lives here"),
        (defaults.server_error, "Something broke"),
    ],
    ids=["400", "403", "404", "500"],
)
def test_errors_are_answered_with_our_pages(draw: Draw, visit, answer, words: str):
    page = answer(visit).content.decode()
    assert words in page
    assert 'href="/"' in page
