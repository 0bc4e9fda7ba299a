"""What people copy works: Alertmanager itself takes the snippets of the README and of the page."""

import os
import re
import shlex
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml
from django.test import Client

from core import clock, config
from core.actor import SYSTEM
from services import commands
from services.models import Integration, IntegrationType
from services.web.guides import PLACEHOLDER, guide_of

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
AMTOOL = shutil.which("amtool")
ORIGIN = "https://pager.example.com"


@pytest.fixture
def integration(db: None) -> Integration:
    config.put("public_url", ORIGIN)
    service = commands.create_service(name="Databases", by=SYSTEM, now=clock.now())
    made, _ = commands.create_integration(
        service, name="Alertmanager", type=IntegrationType.PROMETHEUS, by=SYSTEM, now=clock.now()
    )
    return made


def of_the_readme() -> str:
    (snippet,) = re.findall(r"```yaml\n(.*?)```", README, re.S)
    return textwrap.dedent(snippet)


def of_the_page(integration: Integration, key: str) -> str:
    ((name, snippet),) = guide_of(integration, key).snippets
    assert name == "alertmanager.yml"
    return snippet


@pytest.fixture(params=["README", "page with the key", "page without the key"])
def snippet(request: pytest.FixtureRequest, integration: Integration) -> str:
    key = "" if request.param == "page without the key" else "0123456789abcdef" * 2
    return of_the_readme() if request.param == "README" else of_the_page(integration, key)


def receiver_of(snippet: str) -> dict:
    given = yaml.safe_load(snippet)
    (receiver,) = given["receivers"]
    assert given["route"]["receiver"] == receiver["name"]
    (hook,) = receiver["webhook_configs"]
    return hook


def test_the_snippet_sends_the_end_too_and_to_the_door_of_alertmanager(snippet: str):
    hook = receiver_of(snippet)
    assert hook["send_resolved"] is True
    assert re.fullmatch(rf"{ORIGIN}/api/integrations/prometheus/[^/]+", hook["url"])


def test_readme_and_page_say_the_same(integration: Integration):
    assert of_the_readme().strip() == of_the_page(integration, "KEY").strip()


def test_no_real_key_is_shown_a_second_time(integration: Integration):
    assert receiver_of(of_the_page(integration, ""))["url"].endswith(f"/{PLACEHOLDER}")


def test_alertmanager_takes_the_snippet(snippet: str, tmp_path: Path):
    if AMTOOL is None:
        missing = "amtool is missing: run `make deps`"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    file = tmp_path / "alertmanager.yml"
    file.write_text(snippet)
    done = subprocess.run([AMTOOL, "check-config", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 receivers" in done.stdout


@pytest.mark.django_db
def test_the_lines_for_curl_open_an_incident_and_close_it(client: Client):
    config.put("public_url", ORIGIN)
    service = commands.create_service(name="Databases", by=SYSTEM, now=clock.now())
    made, key = commands.create_integration(
        service, name="curl", type=IntegrationType.EVENTS, by=SYSTEM, now=clock.now()
    )
    said = []
    for _, line in guide_of(made, key).snippets:
        *_, url, _, head, _, kind, _, body = shlex.split(line.replace("\\\n", " "))
        name, value = head.split(": ")
        answer = client.post(
            url.removeprefix(ORIGIN), body, content_type=kind.split(": ")[1], headers={name: value}
        )
        said.append((answer.status_code, answer.json()["result"]["action"]))
    assert said == [(202, "triggered"), (202, "resolved")]
