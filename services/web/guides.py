"""How to point a monitoring tool at an integration: steps and snippets to copy."""

from dataclasses import dataclass

from core import config
from services.models import Integration, IntegrationType

PLACEHOLDER = "<your key>"


@dataclass(frozen=True, slots=True)
class Guide:
    """The address to use, and what to do with it. `snippets`: (what it is, text)."""

    url: str
    steps: tuple[str, ...]
    snippets: tuple[tuple[str, str], ...]


def guide_of(integration: Integration, key: str = "") -> Guide:
    """With the key while it can be shown, with a placeholder afterwards."""
    build = GUIDES.get(IntegrationType(integration.type), _vendor)
    return build(integration, key or PLACEHOLDER)


def _events(integration: Integration, key: str) -> Guide:
    url = config.absolute("/api/events")
    body = (
        '{"event_action": "ACTION", "dedup_key": "disk-db-1",\n'
        '       "payload": {"summary": "Disk of db-1 is 95 % full",\n'
        '                   "source": "db-1", "severity": "critical"}}'
    )
    head = (
        f"curl -X POST {url} \\\n  -H 'Authorization: Token token={key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
    )
    return Guide(
        url=url,
        steps=(
            "Send a POST with the key in the Authorization header.",
            "The same dedup_key again adds to the same incident; event_action resolve closes it.",
        ),
        snippets=(
            ("Open an incident", f"{head}  -d '{body.replace('ACTION', 'trigger')}'"),
            ("Close it again", f"{head}  -d '{body.replace('ACTION', 'resolve')}'"),
        ),
    )


def _alertmanager(integration: Integration, key: str) -> Guide:
    url = config.absolute(f"/api/integrations/prometheus/{key}")
    snippet = (
        "route:\n"
        "  receiver: opsknight\n"
        "  group_by: [alertname]\n"
        "  group_wait: 1s        # the default holds the first page of a group back for 30 s\n"
        "  group_interval: 10s   # the default holds later alerts, and the end, for 5 min\n"
        "receivers:\n"
        "  - name: opsknight\n"
        "    webhook_configs:\n"
        f"      - url: {url}\n"
        "        send_resolved: true\n"
    )
    return Guide(
        url=url,
        steps=(
            "Add the receiver to alertmanager.yml. The address contains the key.",
            "Route the alerts that should wake somebody to it, then reload Alertmanager.",
            "The label severity (critical, error, warning, info) sets the urgency.",
        ),
        snippets=(("alertmanager.yml", snippet),),
    )


def _vendor(integration: Integration, key: str) -> Guide:
    url = config.absolute(f"/api/integrations/{integration.type}/{key}")
    return Guide(url=url, steps=("Send webhooks of the tool to this address.",), snippets=())


GUIDES = {IntegrationType.EVENTS: _events, IntegrationType.PROMETHEUS: _alertmanager}
