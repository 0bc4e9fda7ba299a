"""The pages: my ways and rules, the bell, the delivery log, the outbox."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from core import clock
from core.actor import SYSTEM
from notifications import commands, queries
from notifications.models import ContactMethod, Delivery, DeliveryAttempt, OutboxMail
from tests.notifications.conftest import hook, message, page
from tests.page_rules import EVERYBODY, PageRules
from tests.phones import Phones

pytestmark = [pytest.mark.once, pytest.mark.django_db]
URL = "https://hooks.example.com/topic"
REACH = "/profile/reach/"


class TestReachRules(PageRules):
    name = "notifications:reach"


class TestRulesRules(PageRules):
    name = "notifications:rules"

    @pytest.fixture
    def arguments(self) -> list[str]:
        return ["LOW"]


class TestLateWarningRules(PageRules):
    name = "notifications:reach_warning"


class TestNoticesRules(PageRules):
    name = "notifications:notices"


class TestReadRules(PageRules):
    name = "notifications:read_notices"
    post_only = True
    roles = EVERYBODY


class TestDeliveriesRules(PageRules):
    name = "notifications:deliveries"
    roles = EVERYBODY


class TestOutboxRules(PageRules):
    name = "notifications:outbox"
    roles = frozenset({"ADMIN"})


def mail_of(user: User) -> ContactMethod:
    return commands.ensure_default_method(user)[0]


@pytest.mark.once  # forms; the commands under them are asked on both
class TestMyWays:
    def test_everybody_begins_with_the_account_e_mail(self, as_alice: Client) -> None:
        assert b"alice@example.com" in as_alice.get(REACH).content

    def test_a_webhook_is_added(self, as_alice: Client, alice: User) -> None:
        data = {"channel": "WEBHOOK", "address": URL, "label": "Phone", "secret": "s" * 20}
        assert as_alice.post(REACH, data).status_code == 302
        method = ContactMethod.objects.get(user=alice, channel="WEBHOOK")
        assert (method.address, method.label, method.secret) == (URL, "Phone", "s" * 20)

    def test_the_secret_is_never_shown_again(self, as_alice: Client, alice: User) -> None:
        hook(alice, URL, secret="planted-canary-secret")
        content = as_alice.get(REACH).content
        assert b"planted-canary-secret" not in content
        assert b"signed" in content

    @pytest.mark.parametrize("address", ["http://127.0.0.1/", "javascript:alert(1)", "x"])
    def test_an_address_that_may_not_be_called_is_refused_beside_the_field(
        self, as_alice: Client, address: str
    ) -> None:
        response = as_alice.post(REACH, {"channel": "WEBHOOK", "address": address})
        assert response.status_code == 422
        assert "address" in response.context["form"].errors
        assert not ContactMethod.objects.filter(channel="WEBHOOK").exists()

    def test_switched_off_and_on_and_removed(self, as_alice: Client, alice: User) -> None:
        web = hook(alice, URL)
        as_alice.post(f"{REACH}{web.public_id}/switch/")
        web.refresh_from_db()
        assert web.enabled is False
        as_alice.post(f"{REACH}{web.public_id}/remove/")
        assert not ContactMethod.objects.filter(pk=web.pk).exists()

    def test_the_only_way_stays_and_it_is_said(self, as_alice: Client, alice: User) -> None:
        mail = mail_of(alice)
        response = as_alice.post(f"{REACH}{mail.public_id}/remove/", follow=True)
        assert "This is the only way to reach you" in response.content.decode()

    @pytest.mark.parametrize("verb", ["switch", "remove", "test"])
    def test_nobody_touches_the_ways_of_others(
        self, as_alice: Client, bob: User, verb: str
    ) -> None:
        theirs = hook(bob, URL)
        assert as_alice.post(f"{REACH}{theirs.public_id}/{verb}/").status_code == 404
        theirs.refresh_from_db()
        assert theirs.enabled
        assert not Delivery.objects.exists()

    def test_a_form_cannot_choose_whose_way_it_is(
        self, as_alice: Client, alice: User, bob: User
    ) -> None:
        data = {"channel": "WEBHOOK", "address": URL, "user": bob.pk, "enabled": ""}
        as_alice.post(REACH, data)
        method = ContactMethod.objects.get(channel="WEBHOOK")
        assert (method.user, method.enabled) == (alice, True)


@pytest.mark.once  # forms; the commands under them are asked on both
class TestSendTest:
    def test_a_real_test_is_sent_and_its_fate_shown(
        self, phones: Phones, as_alice: Client, alice: User, send_until: Callable[..., None]
    ) -> None:
        url = f"{REACH}{mail_of(alice).public_id}/test/"
        fragment = as_alice.post(url, headers={"HX-Request": "true"}).content.decode()
        assert "on its way" in fragment
        test = Delivery.objects.get()
        fate = f"{REACH}tests/{test.pk}/"
        assert f'hx-get="{fate}"' in fragment
        send_until(lambda: phones.mails and not Delivery.objects.exclude(state="SENT").exists())
        after = as_alice.get(fate).content.decode()
        assert "Test arrived at the provider" in after
        assert "hx-get" not in after
        assert phones.mails[0].subject == "[test] Test page: you can be reached here"

    @pytest.mark.parametrize("verb", ["test", "code"])
    def test_without_a_server_the_page_says_so_and_nothing_is_queued(
        self, as_alice: Client, alice: User, verb: str
    ) -> None:
        answer = as_alice.post(f"{REACH}{mail_of(alice).public_id}/{verb}/", follow=True)
        assert answer.redirect_chain == [(REACH, 302)]
        assert "E-mail is not set up here: an admin adds an account" in answer.content.decode()
        assert not Delivery.objects.exists()

    @pytest.mark.usefixtures("mail_leaves")
    def test_too_many_tests_are_refused_in_words(self, as_alice, alice, stopped_clock) -> None:
        url = f"{REACH}{mail_of(alice).public_id}/test/"
        for _ in range(11):
            answer = as_alice.post(url, headers={"HX-Request": "true"}).content.decode()
            stopped_clock.shift(0.001)
        assert "Too many tests" in answer
        assert Delivery.objects.count() == 10

    @pytest.mark.usefixtures("mail_leaves")
    def test_the_fate_of_somebody_elses_test_is_hidden(self, as_alice: Client, bob: User) -> None:
        test = commands.send_test(mail_of(bob), by=SYSTEM, now=clock.now())
        assert as_alice.get(f"{REACH}tests/{test.pk}/").status_code == 404


@pytest.mark.once  # forms; the commands under them are asked on both
@pytest.mark.usefixtures("mail_leaves")
class TestRules:
    def test_delays_are_saved_and_shown(self, as_alice: Client, alice: User) -> None:
        mail, web = mail_of(alice), hook(alice, URL)
        data = {web.public_id: "0", mail.public_id: "10"}
        assert as_alice.post(f"{REACH}rules/LOW/", data).status_code == 302
        saved = queries.rules_of(alice)["LOW"]
        assert [(rule.contact_method, rule.delay_minutes) for rule in saved] == [
            (web, 0),
            (mail, 10),
        ]
        told = "22:00 page: Webhook at once, E-mail 22:10"
        assert told in as_alice.get(REACH).content.decode()

    def test_all_empty_means_the_defaults(self, as_alice: Client, alice: User) -> None:
        mail = mail_of(alice)
        commands.set_rules(alice, "LOW", [(mail, 5)], by=SYSTEM, now=clock.now())
        as_alice.post(f"{REACH}rules/LOW/", {mail.public_id: ""})
        assert queries.rules_of(alice)["LOW"] == []

    def test_a_way_is_used_again_and_again_until_somebody_answers(
        self, as_alice: Client, alice: User
    ) -> None:
        mail = mail_of(alice).public_id
        data = {mail: "2, 0", f"{mail}-times": "3", f"{mail}-every": "5"}
        told = as_alice.post(f"{REACH}rules/HIGH/foretold/", data).content.decode()
        assert "at once, E-mail 22:02, E-mail 22:07" in told
        assert "Nothing rings" in told
        assert queries.rules_of(alice)["HIGH"] == []
        assert as_alice.post(f"{REACH}rules/HIGH/", data).status_code == 302
        saved = [(r.delay_minutes, r.repeat_times) for r in queries.rules_of(alice)["HIGH"]]
        assert saved == [(0, 0), (2, 3)]
        assert 'value="0, 2"' in as_alice.get(f"{REACH}rules/HIGH/").content.decode()

    def test_one_button_makes_a_plan_that_wakes_and_one_takes_it_back(
        self, as_alice: Client, alice: User
    ) -> None:
        ContactMethod.objects.create(user=alice, channel="VOICE", address="+4915123456789")
        as_alice.post(f"{REACH}rules/HIGH/", {"preset": "wake"})
        told = as_alice.get(REACH).content.decode()
        assert "22:00 page: E-mail at once" in told
        assert "Phone call is not counted: the channel is not set up here." in told
        plan = {
            rule.contact_method.channel: (rule.delay_minutes, rule.repeat_times)
            for rule in queries.rules_of(alice)["HIGH"]
        }
        assert plan == {"EMAIL": (0, 0), "VOICE": (2, 3)}
        as_alice.post(f"{REACH}rules/HIGH/", {"preset": "default"})
        assert queries.rules_of(alice)["HIGH"] == []

    @pytest.mark.parametrize("delay", ["-1", "1441", "soon"])
    def test_a_delay_out_of_range_is_refused(
        self, as_alice: Client, alice: User, delay: str
    ) -> None:
        mail = mail_of(alice)
        response = as_alice.post(f"{REACH}rules/LOW/", {mail.public_id: delay})
        assert response.status_code == 422
        assert queries.rules_of(alice)["LOW"] == []

    def test_who_is_told_only_after_a_while_is_warned_of_it(
        self, as_alice: Client, alice: User
    ) -> None:
        mail, web = mail_of(alice), hook(alice, URL)
        data = {web.public_id: "7", mail.public_id: "10"}
        saved = as_alice.post(f"{REACH}rules/HIGH/", data, follow=True).content.decode()
        assert "High urgency: the first message comes after 7 min." in saved
        assert "The first message comes after 7 min" in as_alice.get(REACH).content.decode()
        fragment = as_alice.get(f"{REACH}warning/").content.decode()
        assert "The first message comes after 7 min" in fragment
        assert f"{REACH}warning/" in as_alice.get("/profile/").content.decode()

    @pytest.mark.parametrize("urgency", ["HIGH", "LOW"])
    def test_who_is_told_at_once_is_not(self, as_alice: Client, alice: User, urgency: str) -> None:
        mail, web = mail_of(alice), hook(alice, URL)
        delay = "0" if urgency == "HIGH" else "5"
        data = {web.public_id: delay, mail.public_id: "10"}
        saved = as_alice.post(f"{REACH}rules/{urgency}/", data, follow=True).content.decode()
        assert "first message comes after" not in saved
        assert as_alice.get(f"{REACH}warning/").content.decode().strip() == ""

    def test_switching_off_the_way_that_comes_at_once_warns(
        self, as_alice: Client, alice: User
    ) -> None:
        mail, web = mail_of(alice), hook(alice, URL)
        rules = [(mail, 0), (web, 15)]
        commands.set_rules(alice, "HIGH", rules, by=SYSTEM, now=clock.now())
        switched = as_alice.post(f"{REACH}{mail.public_id}/switch/", follow=True)
        assert "the first message comes after 15 min" in switched.content.decode()

    def test_an_unknown_urgency_is_not_found(self, as_alice: Client) -> None:
        assert as_alice.get(f"{REACH}rules/URGENT/").status_code == 404


@pytest.mark.once  # forms; the commands under them are asked on both
class TestProof:
    @pytest.mark.usefixtures("mail_leaves")
    def test_a_way_is_verified_by_the_code_that_arrives(
        self, as_alice: Client, alice: User
    ) -> None:
        mail = mail_of(alice)
        assert "Not verified" in as_alice.get(REACH).content.decode()
        asked = as_alice.post(f"{REACH}{mail.public_id}/code/", follow=True)
        assert asked.redirect_chain[-1][0] == f"{REACH}{mail.public_id}/verify/"
        code = Delivery.objects.get().message["title"].split()[0]
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        refused = as_alice.post(f"{REACH}{mail.public_id}/verify/", {"code": wrong})
        assert (refused.status_code, "4 more tries" in refused.content.decode()) == (422, True)
        done = as_alice.post(f"{REACH}{mail.public_id}/verify/", {"code": code}, follow=True)
        assert "Verified: pages reach you there" in done.content.decode()
        assert "Not verified" not in as_alice.get(REACH).content.decode()

    def test_nobody_verifies_for_another(self, as_alice: Client, bob: User) -> None:
        theirs = mail_of(bob).public_id
        for door in ("code", "verify", "move"):
            assert as_alice.post(f"{REACH}{theirs}/{door}/").status_code == 404

    def test_a_way_whose_last_message_failed_says_so(self, as_alice: Client, alice: User) -> None:
        page(alice)
        Delivery.objects.update(state="FAILED")
        assert "The last message failed" in as_alice.get(REACH).content.decode()

    def test_what_no_admin_has_set_up_is_named_and_not_offered(self, as_alice: Client) -> None:
        content = as_alice.get(REACH).content.decode()
        assert "Not set up by your admin: " in content
        assert 'value="SMS"' not in content
        assert (
            as_alice.post(REACH, {"channel": "SMS", "address": "+491512345678"}).status_code == 422
        )

    def test_the_order_is_changed_without_a_script(self, as_alice: Client, alice: User) -> None:
        web = hook(alice, URL)
        mail_of(alice)
        as_alice.post(f"{REACH}{web.public_id}/move/", {"to": "up"})
        assert queries.methods_of(alice)[0] == web


class TestForetellRules(PageRules):
    name = "notifications:foretell"
    post_only = True

    @pytest.fixture
    def arguments(self) -> list[str]:
        return ["HIGH"]


class TestTheBell:
    def test_my_notices_stand_there_and_only_mine(
        self, as_alice: Client, alice: User, bob: User
    ) -> None:
        page(alice, message=message("Checkout is down"))
        page(bob, message=message("Search is slow"))
        content = as_alice.get("/alerts/").content.decode()
        assert "Checkout is down" in content
        assert "Search is slow" not in content

    def test_one_or_all_are_marked_as_read(self, as_alice: Client, alice: User, bob: User) -> None:
        for subject in range(3):
            page(alice, subject=subject)
            page(bob, subject=subject)
        first = queries.notices_of(alice)[0]
        as_alice.post("/alerts/read/", {"id": first.pk})
        assert queries.unread_count(alice) == 2
        as_alice.post("/alerts/read/", {"id": queries.notices_of(bob)[0].pk})
        assert queries.unread_count(bob) == 3
        as_alice.post("/alerts/read/")
        assert queries.unread_count(alice) == 0

    def test_an_empty_bell_teaches_the_next_step(self, as_alice: Client) -> None:
        assert REACH in as_alice.get("/alerts/").content.decode()


class TestRecords:
    @pytest.fixture
    def failed(self, alice: User) -> Delivery:
        hook(alice, URL)
        row = page(alice, channels=["WEBHOOK"])[0]
        Delivery.objects.filter(pk=row.pk).update(state="FAILED", reason="HTTP 410")
        now = clock.now()
        DeliveryAttempt.objects.create(
            delivery=row,
            number=1,
            started_at=now,
            finished_at=now,
            ok=False,
            answer="<b>inside</b>",
        )
        return row

    def test_an_admin_sees_addresses_and_answers_as_text(
        self, as_root: Client, failed: Delivery
    ) -> None:
        content = as_root.get("/deliveries/").content.decode()
        assert URL in content
        assert "&lt;b&gt;inside&lt;/b&gt;" in content
        assert "HTTP 410" in content

    def test_a_responder_sees_neither(self, as_bob: Client, failed: Delivery) -> None:
        for query in ("", "?q=topic"):
            content = as_bob.get(f"/deliveries/{query}").content.decode()
            assert URL not in content
            assert "inside" not in content
        assert "Nothing found" in content

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?channel=WEBHOOK", True),
            ("?channel=EMAIL", False),
            ("?state=FAILED&q=alice", True),
            ("?state=SENT", False),
            ("?outcome=failed", True),
            ("?outcome=not_sent", False),
            ("?state=nonsense&channel=%01&page=x", True),
        ],
    )
    def test_the_log_is_filtered(
        self, as_root: Client, failed: Delivery, query: str, found: bool
    ) -> None:
        assert ("HTTP 410" in as_root.get(f"/deliveries/{query}").content.decode()) == found

    def test_the_log_takes_few_queries(
        self, as_root: Client, alice: User, django_assert_max_num_queries
    ) -> None:
        for subject in range(30):
            page(alice, subject=subject)
        with django_assert_max_num_queries(12):
            as_root.get("/deliveries/")

    def test_the_outbox_shows_the_mail_with_its_link(self, as_root: Client) -> None:
        OutboxMail.objects.create(
            to="new@example.com",
            subject="You are invited",
            text="https://pager.example.com/invite/t0ken/ <script>",
            reason="no mail server is configured (not sent)",
            created_at=clock.now(),
        )
        content = as_root.get("/outbox/").content.decode()
        assert "https://pager.example.com/invite/t0ken/ &lt;script&gt;" in content
        assert "No mail server is set up" in content
