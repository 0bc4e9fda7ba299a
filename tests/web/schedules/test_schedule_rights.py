"""Who may open which page of schedules; a page without a rule fails."""

from datetime import time

import pytest
from django.core import signing
from django.test import Client

from accounts.models import Role, User
from schedules import commands
from schedules.commands import SeriesSpec
from schedules.models import Layer, Schedule
from schedules.web import urls
from schedules.web.views.overrides import UNDO_SALT
from tests.cast import browser_of
from tests.page_rules import PageRules, SignedInPage
from tests.web.schedules import test_board_rights
from tests.web.schedules.conftest import ACTING, DAY, HOUR, NOW, page_of
from tests.web.schedules.rights import EDITORS, AboutRota, Concerned

pytestmark = pytest.mark.django_db


class TestList(PageRules):
    name = "schedules:list"


class TestOnCall(PageRules):
    name = "schedules:on_call"


class TestCreate(PageRules):
    name = "schedules:create"
    roles = EDITORS


class TestEdit(AboutRota):
    name = "schedules:edit"
    roles = EDITORS


class TestArchive(AboutRota):
    name = "schedules:archive"
    roles = EDITORS


class TestAddLayer(AboutRota):
    name = "schedules:add_layer"
    roles = EDITORS


class TestAddOverride(AboutRota):
    name = "schedules:add_override"
    roles = EDITORS


class AboutLayer(PageRules):
    roles = EDITORS

    @pytest.fixture
    def arguments(self, rota: Schedule, layer: Layer) -> list[str]:
        return [rota.public_id, layer.public_id]


class TestEditLayer(AboutLayer):
    name = "schedules:edit_layer"


class TestRemoveLayer(AboutLayer):
    name = "schedules:remove_layer"


class TestOverride(AboutRota):
    name = "schedules:override"
    roles = EDITORS


class TestCheckOverride(AboutRota):
    name = "schedules:check_override"
    roles = EDITORS
    post_only = True


class TestCancelOverride(PageRules):
    name = "schedules:cancel_override"
    roles = EDITORS
    post_only = True

    @pytest.fixture
    def arguments(self, rota: Schedule, bob: User) -> list[str]:
        span = {"start": NOW + HOUR, "end": NOW + 2 * HOUR}
        override = commands.add_override(rota, kind="ADD", user=bob, **span, **ACTING)
        return [rota.public_id, override.public_id]


class TestCovers(PageRules):
    name = "schedules:covers"


class AboutCover(PageRules):
    """Whoever is on a schedule may ask and answer; the commands know who may do what."""

    roles = EDITORS

    @pytest.fixture
    def arguments(self, rota: Schedule, alice: User) -> list[str]:
        span = {"start": NOW + 8 * DAY, "end": NOW + 9 * DAY}
        return [commands.ask_cover(rota, requester=alice, **span, **ACTING).public_id]

    visitors = EDITORS


class TestCover(AboutCover):
    name = "schedules:cover"


class TestAcceptCover(AboutCover):
    name = "schedules:accept_cover"
    post_only = True


class TestDeclineCover(AboutCover):
    name = "schedules:decline_cover"
    post_only = True


class TestWithdrawCover(AboutCover):
    name = "schedules:withdraw_cover"
    post_only = True


class TestAskCover(AboutRota):
    name = "schedules:cover-new"

    visitors = EDITORS


class TestSeries(AboutRota):
    name = "schedules:series"

    visitors = EDITORS


class TestAddSeries(AboutRota):
    name = "schedules:add_series"
    roles = EDITORS


class AboutSeries(PageRules):
    roles = EDITORS
    post_only = True

    @pytest.fixture
    def arguments(self, rota: Schedule, bob: User) -> list[str]:
        hours = {"start": time(9), "end": time(17), "first_day": NOW.date()}
        spec = SeriesSpec(kind="ADD", user=bob, days=["FRI"], **hours)
        return [rota.public_id, commands.add_series(rota, spec, **ACTING).public_id]


class TestEndSeries(AboutSeries):
    name = "schedules:end_series"


class TestResumeSeries(AboutSeries):
    name = "schedules:resume_series"


class TestSkipSeries(AboutSeries):
    name = "schedules:skip_series"

    def knock(self, client: Client, url: str):
        return client.post(url, {"day": "2026-03-20"})


class TestRestoreOverride(TestCancelOverride):
    name = "schedules:restore_override"

    @pytest.fixture
    def arguments(self, rota: Schedule, bob: User) -> list[str]:
        span = {"start": NOW + HOUR, "end": NOW + 2 * HOUR}
        override = commands.add_override(rota, kind="ADD", user=bob, **span, **ACTING)
        token = signing.dumps([override.pk, override.end.isoformat()], salt=UNDO_SALT)
        return [rota.public_id, override.public_id, token]


class TestRecordFile(AboutRota):
    name = "schedules:record_csv"
    roles = EDITORS


class TestFairnessOfAll(PageRules):
    name = "schedules:all_fairness"


class TestFairnessFile(PageRules):
    name = "schedules:fairness_csv"
    roles = EDITORS


class TestChooseHolidays(AboutRota):
    name = "schedules:choose_holidays"
    roles = EDITORS
    post_only = True


class TestHolidays(PageRules):
    name = "schedules:holidays"


class TestCreateHolidays(PageRules):
    name = "schedules:create_holidays"
    roles = {Role.ADMIN}


class TestEditHolidays(PageRules):
    name = "schedules:edit_holidays"
    roles = {Role.ADMIN}

    @pytest.fixture
    def arguments(self, db: None) -> list[str]:
        place = {"country": "", "subdivision": ""}
        made = commands.save_holidays(None, name="Ours", days=[], **place, **ACTING)
        return [made.public_id]


class TestDeleteHolidays(TestEditHolidays):
    name = "schedules:delete_holidays"
    post_only = True


class TestSupportHours(PageRules):
    name = "schedules:support_hours"


class TestEditSupportHours(PageRules):
    name = "schedules:edit_support_hours"
    roles = {Role.ADMIN}

    @pytest.fixture
    def arguments(self, db: None) -> list[str]:
        line = {"days": ["MON"], "start": "09:00", "end": "17:00"}
        values = {"name": "Office", "time_zone": "UTC", "windows": [line], "holidays": None}
        return [commands.save_support_hours(None, **values, **ACTING).public_id]


class TestDeleteSupportHours(TestEditSupportHours):
    name = "schedules:delete_support_hours"
    post_only = True


class TestCreateSupportHours(PageRules):
    name = "schedules:create_support_hours"
    roles = {Role.ADMIN}


class TestCoverage(PageRules):
    name = "schedules:coverage"


class TestCoverageNear(PageRules):
    name = "schedules:coverage_near"


class TestCoverageOf(Concerned):
    name = "schedules:coverage_of"

    @pytest.fixture
    def arguments(self, rota: Schedule) -> list[str]:
        return [rota.public_id]


class TestConflicts(Concerned):
    name = "schedules:conflicts"

    @pytest.fixture
    def arguments(self, rota: Schedule) -> list[str]:
        return [rota.public_id]


class TestTimeOff(PageRules):
    name = "schedules:time_off"


class TestTimeOffOf(PageRules):
    name = "schedules:time_off_of"
    roles = {Role.ADMIN}

    @pytest.fixture
    def arguments(self, bob: User) -> list[str]:
        return [bob.public_id]


class TestCancelTimeOff(Concerned):
    name = "schedules:cancel_time_off"
    post_only = True

    @pytest.fixture
    def arguments(self, bob: User) -> list[str]:
        by = bob.as_actor("web")
        row = commands.add_time_off(bob, start=NOW + DAY, end=NOW + 2 * DAY, by=by, now=NOW)
        return [row.public_id]


class TestRestoreTimeOff(TestCancelTimeOff):
    name = "schedules:restore_time_off"


class TestAddAbsenceCalendar(PageRules):
    name = "schedules:add_absence_calendar"


class TestRefreshAbsenceCalendar(TestCancelTimeOff):
    name = "schedules:refresh_absence_calendar"

    @pytest.fixture
    def arguments(self, bob: User) -> list[str]:
        values = {"name": "Mine", "url": "https://example.com/x.ics", "time_zone": "UTC"}
        row = commands.add_calendar(bob, by=bob.as_actor("web"), now=NOW, **values)
        return [row.public_id]


class TestRemoveAbsenceCalendar(TestRefreshAbsenceCalendar):
    name = "schedules:remove_absence_calendar"


def test_every_page_has_its_rules():
    known = [*globals().values(), *vars(test_board_rights).values()]
    rules = [found for found in known if isinstance(found, type)]
    ruled = {
        found.name for found in rules if issubclass(found, SignedInPage) and hasattr(found, "name")
    }
    # What a user may see of one schedule stands below.
    of_one = {f"schedules:{name}" for name in ("detail", "fairness", "record", "seams")}
    # Whoever has the secret address reads these; their own tests say who does not.
    secret = {"schedules:calendar", "schedules:public_board"}
    assert {f"schedules:{route.name}" for route in urls.urlpatterns} - ruled == of_one | secret


def test_users_see_the_schedules_they_are_on(
    carol: User, rota: Schedule, layer: Layer, alice: User, root: User
):
    empty = commands.create_schedule(name="Empty", time_zone="UTC", **ACTING)
    client = browser_of(carol)
    assert "Empty" not in client.get("/schedules/").content.decode()
    page = page_of(client, rota)
    assert "Carol" in page
    for secret in ("/edit/", "/layers/", "/overrides/", "/archive/"):
        assert secret not in page
    assert client.get(f"/schedules/{empty.public_id}/").status_code == 404
    assert browser_of(root).get(f"/schedules/{empty.public_id}/").status_code == 200
    stranger = User.objects.create(email="eve@example.com", name="Eve", role=Role.USER)
    stranger.become("ACTIVE")
    stranger.save()
    assert "You are in no schedule" in browser_of(stranger).get("/schedules/").content.decode()
    assert browser_of(stranger).get(f"/schedules/{rota.public_id}/").status_code == 404
