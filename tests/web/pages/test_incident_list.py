"""GET /incidents/ and its live part: tabs, chips, rows, ETag."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core.actor import SYSTEM
from incidents import commands
from tests.page_rules import SignedInPage

URL = reverse("incidents:list")
ROWS = reverse("incidents:rows")


def titles(answer) -> set[str]:
    return {incident.title for incident in answer.context["page"]}


class TestList(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return URL

    def test_an_empty_list_teaches_what_happens_here(self, as_alice: Client):
        assert "Nothing waits for anybody" in as_alice.get(URL).content.decode()

    def test_it_opens_with_those_that_nobody_has_taken(self, as_alice, open_incident, now):
        open_incident("New")
        commands.acknowledge(open_incident("Taken"), by=SYSTEM, now=now)
        assert titles(as_alice.get(URL)) == {"New"}
        assert titles(as_alice.get(URL + "?status=all")) == {"New", "Taken"}

    def test_tabs_count_what_stands_behind_them(self, as_alice, open_incident, now):
        open_incident("New")
        commands.resolve(open_incident("Over"), by=SYSTEM, now=now)
        counts = {tab.label: tab.count for tab in as_alice.get(URL).context["tabs"]}
        assert (counts["Open"], counts["Resolved"], counts["All"]) == (1, 1, 2)

    def test_chips_in_the_url_narrow_rows_and_counts(self, as_alice, alice, open_incident, now):
        open_incident("Loud", assignee=alice)
        open_incident("Quiet", urgency="LOW")
        assert titles(as_alice.get(URL + "?urgency=LOW")) == {"Quiet"}
        assert titles(as_alice.get(URL + "?assignee=me")) == {"Loud"}
        answer = as_alice.get(URL + "?q=qui")
        assert titles(answer) == {"Quiet"}
        assert answer.context["tabs"][0].count == 1

    def test_a_number_finds_its_incident(self, as_alice, open_incident):
        open_incident("First")
        second = open_incident("Second")
        assert titles(as_alice.get(URL + f"?q=%23{second.pk}")) == {"Second"}

    def test_the_most_urgent_come_first(self, as_alice, open_incident):
        for urgency in ("LOW", "HIGH", "MEDIUM"):
            open_incident(urgency, urgency=urgency)
        shown = [incident.title for incident in as_alice.get(URL).context["page"]]
        assert shown == ["HIGH", "MEDIUM", "LOW"]

    def test_a_user_sees_only_what_is_theirs(self, as_carol, carol, open_incident):
        open_incident("Of others")
        open_incident("Hers", assignee=carol)
        assert titles(as_carol.get(URL)) == {"Hers"}

    @pytest.mark.parametrize(
        "query", ["?status=%01", "?page=99999999999999999999", "?q=%01%23", "?service=x&urgency=y"]
    )
    def test_nonsense_in_the_url_shows_a_list(self, as_alice, incident, query):
        assert as_alice.get(URL + query).status_code == 200
        assert as_alice.get(ROWS + query + "&seen=-5").status_code == 200

    def test_a_hostile_title_is_only_text(self, as_alice, open_incident):
        open_incident("<script>alert(1)</script>'\"><img src=x onerror=alert(1)>")
        page = as_alice.get(URL).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page

    def test_many_rows_cost_no_more_queries(self, as_alice, open_incident, alice, platform):
        for index in range(30):
            owner = {"assignee": alice} if index % 2 else {"team": platform}
            open_incident(f"Number {index}", **owner)
        with_many = count_queries(as_alice)
        assert with_many <= 12

    def test_fifty_rows_make_a_page(self, as_alice, open_incident):
        for index in range(51):
            open_incident(f"Number {index}")
        assert len(as_alice.get(URL).context["page"].object_list) == 50
        assert len(as_alice.get(URL + "?page=2").context["page"].object_list) == 1


def count_queries(client: Client) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        assert client.get(URL).status_code == 200
    return len(queries)


class TestLiveRows(SignedInPage):
    @pytest.fixture
    def url(self) -> str:
        return ROWS

    def etag(self, client: Client, query: str = "") -> str:
        return client.get(ROWS + query).headers["ETag"]

    def unchanged(self, client: Client, etag: str, query: str = "") -> bool:
        return client.get(ROWS + query, headers={"If-None-Match": etag}).status_code == 304

    def test_nothing_new_costs_a_304(self, as_alice, incident):
        etag = self.etag(as_alice)
        assert self.unchanged(as_alice, etag)

    def test_the_page_carries_the_etag_of_its_rows(self, as_alice, incident):
        assert as_alice.get(URL).context["etag"] == self.etag(as_alice)

    def test_each_change_is_seen(self, as_alice, alice, incident, open_incident, now):
        seen = {self.etag(as_alice)}
        open_incident("Another")
        seen.add(self.etag(as_alice))
        commands.assign(incident, user=alice, by=SYSTEM, now=now + timedelta(days=366))
        seen.add(self.etag(as_alice))
        commands.resolve(incident, by=SYSTEM, now=now + timedelta(days=366))
        seen.add(self.etag(as_alice))
        assert len(seen) == 4

    def test_a_closed_list_sees_what_is_reopened(self, as_alice, incident, now):
        commands.resolve(incident, by=SYSTEM, now=now)
        etag = self.etag(as_alice, "?status=resolved")
        assert self.unchanged(as_alice, etag, "?status=resolved")
        commands.reopen(incident, by=SYSTEM, now=now)
        assert not self.unchanged(as_alice, etag, "?status=resolved")

    def test_etags_are_not_shared_between_people(self, as_alice, as_carol, incident):
        assert self.etag(as_alice) != self.etag(as_carol)

    def test_new_rows_announce_themselves(self, as_alice, incident, open_incident):
        open_incident("Fresh")
        page = as_alice.get(ROWS + f"?seen={incident.pk}").content.decode()
        assert "1 new since you opened this page" in page
