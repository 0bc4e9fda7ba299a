"""Settings, test mail, audit log, theme."""

import pytest
from django.urls import reverse

from audit import commands as audit
from audit.models import AuditEvent
from core import config
from core.actor import SYSTEM
from dashboard.commands import KEPT
from tests.web.pages.rules import AdminPage


class TestSettings(AdminPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("settings:home")

    @pytest.fixture
    def values(self, root) -> dict[str, object]:
        """What the form holds when nothing was touched."""
        return {
            "public_url": "",
            "email_url": "",
            "mail_from": config.get("mail_from"),
            "fallback_users": [root.pk],
            **{name: config.get(name) for name in KEPT},
        }

    def test_how_long_things_are_kept_can_be_said(self, as_root, url, values):
        as_root.post(url, {**values, "keep_deliveries_days": "0", "keep_outbox_days": "7"})
        config.forget()
        assert (config.get("keep_deliveries_days"), config.get("keep_outbox_days")) == (0, 7)
        as_root.post(url, {**values, "keep_outbox_days": ""})
        config.forget()
        assert config.get("keep_outbox_days") == 7
        answer = as_root.post(url, {**values, "keep_notices_days": "-1"})
        assert answer.status_code == 422

    def test_values_are_saved_and_audited(self, as_root, root, url, values):
        as_root.post(url, {**values, "public_url": "https://pager.example.com/"})
        config.forget()
        assert config.get("public_url") == "https://pager.example.com"
        assert config.get("fallback_users") == [root.pk]
        changed = AuditEvent.objects.filter(action="settings.updated")
        assert set(changed.values_list("target_id", flat=True)) == {"public_url", "fallback_users"}

    def test_the_mail_password_never_comes_back(self, as_root, url, values):
        secret = "smtp+tls://me:hunter2hunter2@mail.example.com:587"
        as_root.post(url, {**values, "email_url": secret})
        config.forget()
        assert config.get("email_url") == secret
        assert "hunter2" not in as_root.get(url).content.decode()
        assert "hunter2" not in str(list(AuditEvent.objects.values()))
        as_root.post(url, values)
        config.forget()
        assert config.get("email_url") == secret
        as_root.post(url, {**values, "forget_email_url": "on"})
        config.forget()
        assert config.get("email_url") == ""

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("public_url", "ftp://x"),
            ("public_url", "https://x.example/path"),
            ("public_url", "https://user@x.example"),
            ("email_url", "mail.example.com"),
            ("mail_from", "nobody"),
            ("fallback_users", []),
        ],
    )
    def test_nonsense_is_refused_beside_its_field(self, as_root, url, values, field, value):
        answer = as_root.post(url, {**values, field: value})
        assert answer.status_code == 422
        assert field in answer.context["form"].errors

    def test_what_the_environment_decides_is_shown_read_only(
        self, as_root, monkeypatch, url, values
    ):
        monkeypatch.setenv("OPSKNIGHT_MAIL_FROM", "Pager <pager@example.com>")
        monkeypatch.setenv("EMAIL_URL", "smtp://me:hunter2@127.0.0.1:1025")
        page = as_root.get(url).content.decode()
        assert "OPSKNIGHT_MAIL_FROM" in page
        assert "pager@example.com" in page
        assert "hunter2" not in page
        assert "mail_from" not in as_root.get(url).context["form"].fields
        as_root.post(url, {**values, "mail_from": "Evil <evil@example.com>"})
        assert config.get("mail_from") == "Pager <pager@example.com>"


class TestTestMail(AdminPage):
    post_only = True

    @pytest.fixture
    def url(self) -> str:
        return reverse("settings:test_mail")

    def test_it_arrives(self, as_root, phones, url):
        page = as_root.post(url, follow=True).content.decode()
        assert "took a test mail for root@example.com" in page
        assert [mail.to for mail in phones.mails] == ["root@example.com"]

    def test_what_the_server_said_is_shown(self, as_root, url):
        config.put("email_url", "smtp://127.0.0.1:1")
        page = as_root.post(url, follow=True).content.decode()
        assert "took a test mail" not in page
        assert "mail server" in page

    def test_without_a_server_it_says_so(self, as_root, url):
        assert "No mail server is set up yet" in as_root.post(url, follow=True).content.decode()


class TestAudit(AdminPage):
    @pytest.fixture
    def url(self) -> str:
        return reverse("dashboard:audit")

    def test_it_shows_fifty_the_newest_first_and_searches(self, as_root, now, url):
        for index in range(51):
            audit.record(f"thing.made{index}", by=SYSTEM, now=now, target_label="<b>x</b>")
        page = as_root.get(url)
        assert len(page.context["page"].object_list) == 50
        assert page.context["page"][0].action == "thing.made50"
        assert "<b>x</b>" not in page.content.decode()
        found = as_root.get(url + "?q=made7").context["page"]
        assert [event.action for event in found] == ["thing.made7"]


class TestTheme:
    def test_it_is_kept_with_the_person_and_in_a_cookie(self, as_alice, alice):
        as_alice.post(reverse("theme"), {"theme": "dark"}, headers={"Referer": "http://evil/x"})
        alice.refresh_from_db()
        assert alice.theme == "dark"
        assert as_alice.cookies["theme"].value == "dark"

    def test_it_leads_back_to_where_it_was_pressed(self, root, client):
        here = "http://testserver/accounts/login/"
        answer = client.post(reverse("theme"), {"theme": "light"}, headers={"Referer": here})
        assert answer.headers["Location"] == here
        evil = client.post(reverse("theme"), headers={"Referer": "https://evil.example.com/"})
        assert evil.headers["Location"] == "/"
