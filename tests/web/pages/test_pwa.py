"""Manifest, service worker and the page without a network: what makes the site an app."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from core import config
from dashboard.web.views.pwa import SHELL
from tests.browsers import CONTROLLED, PHONE, SMALLEST, Browse, sideways

MANIFEST, WORKER, OFFLINE = "/manifest.webmanifest", "/sw.js", "/offline/"


@pytest.mark.django_db
class TestForStrangers:
    @pytest.mark.parametrize("path", [MANIFEST, WORKER, OFFLINE])
    def test_all_three_are_open_before_the_set_up(self, client: Client, path: str):
        assert client.get(path).status_code == 200

    def test_the_app_is_named_after_the_organisation(self, client: Client, root: User):
        assert client.get(MANIFEST).json()["name"] == "OpsKnight"
        config.put("organisation", "Example Foundation")
        answer = client.get(MANIFEST)
        body = answer.json()
        assert answer.headers["Content-Type"] == "application/manifest+json"
        assert (body["name"], body["short_name"]) == ("Example Foundation OpsKnight", "OpsKnight")
        assert (body["display"], body["start_url"], body["scope"]) == ("standalone", "/", "/")

    def test_every_icon_is_there_in_its_size(self, client: Client):
        icons = client.get(MANIFEST).json()["icons"]
        assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
        for icon in icons:
            path = finders.find(icon["src"].removeprefix("/static/"))
            assert path, icon
            if icon["type"] == "image/png":
                with open(path, "rb") as file:
                    width = int.from_bytes(file.read(20)[16:20], "big")
                assert icon["sizes"] == f"{width}x{width}"

    def test_its_shortcuts_lead_somewhere(self, as_alice: Client):
        shortcuts = as_alice.get(MANIFEST).json()["shortcuts"]
        assert [as_alice.get(one["url"]).status_code for one in shortcuts] == [200, 200, 200]

    def test_the_worker_serves_the_whole_site_and_is_never_stale(self, client: Client):
        answer = client.get(WORKER)
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert answer.headers["Cache-Control"] == "no-cache"

    def test_what_the_worker_keeps_exists_and_is_the_same_for_everybody(self, client: Client):
        source = client.get(WORKER).content.decode()
        kept = json.loads(re.match(r"const SHELL = (\{.*\});", source)[1])
        assert all(finders.find(path) for path in SHELL)
        assert set(kept["files"]) == {OFFLINE, *(f"/static/{path}" for path in SHELL)}

    def test_the_page_without_a_network_needs_no_script(self, client: Client):
        assert b"<script" not in client.get(OFFLINE).content


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
class TestInBrowser:
    @pytest.fixture
    def page(self, browse: Browse, alice: User) -> Page:
        page = browse(alice, "/", width=PHONE, worker=True)
        page.evaluate(CONTROLLED)
        return page

    def test_without_a_network_it_says_so_and_shows_nobody_s_data(self, page: Page):
        page.goto("/incidents/")
        page.context.set_offline(True)
        page.goto("/incidents/", wait_until="domcontentloaded")
        expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.btn')).display") != "inline"
        assert sideways(page) == []
        page.set_viewport_size({"width": SMALLEST, "height": 640})
        page.context.set_offline(False)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="Incidents")).to_be_visible()

    def test_nothing_but_the_shell_is_ever_kept(self, page: Page):
        page.goto("/profile/")
        page.evaluate("fetch('/api/health')")
        kept = page.evaluate(
            "caches.keys().then(names => Promise.all(names.map(name => caches.open(name)"
            ".then(c => c.keys())))).then(all => all.flat().map(r => new URL(r.url).pathname))"
        )
        assert set(kept) == {OFFLINE, *(f"/static/{path}" for path in SHELL)}
