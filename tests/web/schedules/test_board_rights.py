"""Who may open the pages of feeds, boards and hand-offs."""

import pytest

from accounts.models import Role, User
from core import config
from schedules import commands
from schedules.models import NameForm, Schedule
from tests.page_rules import PageRules
from tests.web.schedules.conftest import ACTING
from tests.web.schedules.rights import EDITORS, AboutRota, Concerned

pytestmark = pytest.mark.django_db


class TestFeeds(PageRules):
    name = "schedules:feeds"


class TestRevokeFeed(Concerned):
    name = "schedules:revoke_feed"
    post_only = True

    @pytest.fixture
    def arguments(self, bob: User) -> list[str]:
        return [commands.create_feed(bob, user=bob, **ACTING)[0].public_id]


class TestBoard(PageRules):
    name = "schedules:board"


class TestMyDuty(PageRules):
    name = "schedules:my_duty"


class TestBoardLinks(PageRules):
    name = "schedules:board_links"
    roles = {Role.ADMIN}


class TestRevokeBoardLink(PageRules):
    name = "schedules:revoke_board_link"
    roles = {Role.ADMIN}
    post_only = True

    @pytest.fixture
    def arguments(self, db: None) -> list[str]:
        config.put("public_boards", True)
        form = {"name": "Lobby", "schedules": [], "name_form": NameForm.FULL}
        return [commands.create_board_link(**form, **ACTING)[0].public_id]


class TestNotes(Concerned):
    name = "schedules:notes"

    @pytest.fixture
    def arguments(self, rota: Schedule) -> list[str]:
        return [rota.public_id]


class TestRemoveNote(Concerned):
    name = "schedules:remove_note"
    post_only = True

    @pytest.fixture
    def arguments(self, rota: Schedule, bob: User) -> list[str]:
        note = commands.add_note(rota, text="Mind the gap", author=bob, **ACTING)
        return [rota.public_id, note.public_id]


class TestHandoffLead(AboutRota):
    name = "schedules:handoff_lead"
    roles = EDITORS
    post_only = True
