"""The real Alertmanager sends to us: what it fires opens an incident, what ends closes it."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incidents.models import Incident

BINARY = shutil.which("prometheus-alertmanager")
CONFIG = """
route: {{receiver: pager, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: pager
    webhook_configs:
      - url: {url}
        send_resolved: true
"""


@pytest.fixture
def alertmanager(live_server, prometheus_door, tmp_path: Path) -> Iterator[str]:
    """A running Alertmanager whose receiver is us; the address of its API."""
    if BINARY is None:
        missing = "prometheus-alertmanager is missing: run `make deps`"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    url = f"{live_server.url}/api/integrations/prometheus/{prometheus_door.key}"
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url=url))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    arguments = [
        f"--config.file={config}",
        f"--storage.path={tmp_path}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    process = subprocess.Popen(
        [BINARY, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"http://{address}"
    process.terminate()
    process.wait(10)


def send(address: str, **alert: object) -> None:
    body = json.dumps([{"labels": {"alertname": "DiskFull", "severity": "page"}, **alert}])
    request = urllib.request.Request(
        f"{address}/api/v2/alerts", body.encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def eventually(check: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if check():
                return True
        except OSError:
            pass  # not listening yet
        time.sleep(0.1)
    return False


@pytest.mark.django_db(transaction=True)
def test_alertmanager_opens_and_closes_an_incident(alertmanager: str) -> None:
    def sent() -> bool:
        send(alertmanager, annotations={"summary": "Disk of db-1 is full"})
        return True

    assert eventually(sent)
    assert eventually(lambda: Incident.objects.filter(status="OPEN").exists())
    incident = Incident.objects.get()
    assert (incident.title, incident.urgency) == ("Disk of db-1 is full", "HIGH")
    over = datetime.now(UTC) - timedelta(seconds=1)
    send(alertmanager, endsAt=over.isoformat())
    assert eventually(lambda: Incident.objects.filter(status="RESOLVED").exists())
