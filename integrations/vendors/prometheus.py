"""Prometheus Alertmanager, webhook versions 3 and 4: one event per alert, keyed by fingerprint."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from integrations.domain.event import Action, AlertEvent, Severity, one_line, short_key
from integrations.domain.words import severity_of

DOC = {
    "label": "Prometheus Alertmanager",
    "category": "Monitoring",
    "steps": (
        "Copy the URL below; it contains the key.",
        "Add a receiver with `webhook_configs`, this `url` and `send_resolved: true`.",
        "Route alerts to the receiver and reload Alertmanager.",
    ),
    "sample": {
        "version": "4",
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db-1"},
                "annotations": {"summary": "Disk of db-1 is full"},
                "startsAt": "2026-01-01T00:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": "5ef77f1f8a3ecfa1",
            }
        ],
    },
}


def parse(payload: Any, headers: Mapping[str, str]) -> list[AlertEvent]:
    """Raises ValueError when the body is not an Alertmanager notification."""
    if not isinstance(payload, dict) or not isinstance(payload.get("alerts"), list):
        raise ValueError("“alerts” must be a list: this does not look like Alertmanager")
    return [_event(alert, payload) for alert in payload["alerts"] if isinstance(alert, dict)]


def _event(alert: dict[str, Any], group: dict[str, Any]) -> AlertEvent:
    labels = {**_texts(group.get("commonLabels")), **_texts(alert.get("labels"))}
    notes = {**_texts(group.get("commonAnnotations")), **_texts(alert.get("annotations"))}
    status = alert.get("status") or group.get("status")
    severity = severity_of(labels.get("severity") or notes.get("severity"), Severity.WARNING)
    return AlertEvent(
        action=Action.RESOLVE if status == "resolved" else Action.TRIGGER,
        dedup_key=_key(alert, labels),
        summary=one_line(_summary(labels, notes), 500) or "Prometheus alert",
        severity=severity,
        source=one_line(
            "prometheus: " + (labels.get("instance") or labels.get("job") or ""), 200
        ).rstrip(": "),
        details={"labels": labels, "annotations": notes, "startsAt": _text(alert.get("startsAt"))},
        links=tuple(_links(alert, notes, group)),
        raw=alert,
    )


def _summary(labels: dict[str, str], notes: dict[str, str]) -> str:
    given = notes.get("summary") or notes.get("title") or notes.get("message")
    if given:
        return given
    where = labels.get("instance") or labels.get("job")
    name = labels.get("alertname") or notes.get("description") or "Prometheus alert"
    return f"{name} on {where}" if where else name


def _key(alert: dict[str, Any], labels: dict[str, str]) -> str:
    fingerprint = alert.get("fingerprint")
    if isinstance(fingerprint, str) and fingerprint.strip():
        return short_key(fingerprint.strip())
    canon = json.dumps(labels, sort_keys=True).encode()
    return "prometheus-" + hashlib.sha256(canon).hexdigest()[:16]


def _links(
    alert: dict[str, Any], notes: dict[str, str], group: dict[str, Any]
) -> list[dict[str, str]]:
    found = [
        (_text(alert.get("generatorURL")), "Graph in Prometheus"),
        (notes.get("runbook_url") or notes.get("runbook") or "", "Runbook"),
        (notes.get("dashboard_url") or notes.get("dashboard") or "", "Dashboard"),
        (_text(group.get("externalURL")), "Alertmanager"),
    ]
    return [
        {"href": href, "text": text}
        for href, text in found
        if href.startswith(("http://", "https://")) and len(href) <= 2000
    ]


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {_text(key): _text(item) for key, item in value.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
