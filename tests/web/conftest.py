"""Pages drawn by the real template engine, with this folder's styleguide beside the product's."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory
from django.urls import path
from django.views import View
from django_cotton.compiler_regex import CottonCompiler

HERE = Path(__file__).parent
ROUTES = ("home", "search", "theme", "help", "account_login", "account_logout")
Draw = Callable[..., str]


class ServiceForm(forms.Form):
    """One of each widget."""

    name = forms.CharField(help_text="What the on-call person reads at night.")
    owner = forms.ChoiceField(choices=[("", "Nobody"), ("1", "Payments")], required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)
    digest = forms.BooleanField(label="Send a digest", required=False)
    live = forms.BooleanField(required=False, widget=forms.CheckboxInput({"class": "toggle"}))
    channels = forms.MultipleChoiceField(
        choices=[("p", "Push"), ("m", "Mail")], widget=forms.CheckboxSelectMultiple
    )


@pytest.fixture
def visit(rf: RequestFactory) -> HttpRequest:
    """A request of a stranger, with room for messages."""
    request = rf.get("/services", {"team": "payments", "page": "2"})
    request.user = AnonymousUser()
    request._messages = CookieStorage(request)
    return request


@pytest.fixture
def draw(settings, visit: HttpRequest) -> Draw:
    """Render a template text as a page would: `draw("<c-kbd>{{ key }}</c-kbd>", key="K")`."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["context_processors"] = [
        "django.template.context_processors.request",
        "django.contrib.messages.context_processors.messages",
    ]
    settings.TEMPLATES = templates
    settings.ROOT_URLCONF = tuple(path(f"{name}/", View.as_view(), name=name) for name in ROUTES)

    def render(text: str, **values: object) -> str:
        compiled = CottonCompiler().process(text)
        return engines["django"].from_string(compiled).render(values, visit)

    return render


@pytest.fixture
def styleguide(draw: Draw) -> str:
    """The page that shows every component."""
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    people = ["Alice Archer", "Bob Brandt"]
    rows = [
        {"id": n, "title": name, "status": "OPEN", "who": name, "at": noon}
        for n, name in enumerate(people)
    ]
    return draw(
        (HERE / "styleguide.html").read_text(),
        now=noon,
        soon=noon + timedelta(minutes=3),
        incidents=rows,
        form=ServiceForm(),
        page=Paginator(range(230), 50).page(2),
        statuses=["OPEN", "ACKNOWLEDGED", "RESOLVED", "SNOOZED", "SUPPRESSED"],
        urgencies=["HIGH", "MEDIUM", "LOW"],
        severities=["critical", "error", "warning", "info"],
        nav=[
            {"label": "Incidents", "url": "/incidents", "icon": "siren", "active": True, "count": 3}
        ],
    )
