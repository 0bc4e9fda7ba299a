"""The questions after every drill: is anything lost, forgotten, doubled or late?"""

from datetime import UTC, datetime, timedelta

from bench.figures import percentile
from bench.measures import arrived, drained
from drill.flow import ACCEPTED, Flow
from drill.site import Site

DRAIN_SECONDS = 90.0
OVERDUE = timedelta(seconds=15)


async def nothing_is_lost(site: Site, flow: Flow, *, offset: float = 0.0, refused: int = 0) -> None:
    """Waits until nothing is owed, then holds the rows and what arrived against the answers.

    `offset`: seconds by which the installation's clock is ahead; `refused`: deliveries that a
    provider had to refuse for good.
    """
    await arrived(site.mail, set(flow.accepted), DRAIN_SECONDS)
    settled = await drained(site.instance, DRAIN_SECONDS)
    site.report.check("everything owed was done in the end", settled)
    await _every_accepted_event_was_paged(site, flow)
    await rows_are_right(site, flow, offset=offset, refused=refused)


async def rows_are_right(site: Site, flow: Flow, *, offset: float = 0.0, refused: int = 0) -> None:
    """The part of it that holds whether pages travel singly or together."""
    await _every_accepted_event_has_its_row(site, flow)
    await _someone_is_always_next(site, offset)
    await _every_delivery_was_sent(site, refused)
    await _at_most_one_duplicate(site)
    words = ", ".join(f"{n} x {status or 'none'}" for status, n in flow.statuses.items())
    site.report.check("only 202, 503 or no answer", not flow.foreign, words)


async def _every_accepted_event_was_paged(site: Site, flow: Flow) -> None:
    sink = site.mail
    missing = sorted(flow.accepted.keys() - sink.first.keys())
    waits = [sink.first[mark] - at for mark, at in flow.accepted.items() if mark in sink.first]
    late = ", ".join(f"{percentile(waits, share):.2f}" for share in (0.5, 0.99, 1))
    detail = f"{len(flow.accepted)} accepted, {len(missing)} missing"
    detail += f" (first {missing[:3]})" if missing else ""
    detail += f"; answer to page p50, p99, max {late} s"
    site.report.check("every accepted event was paged", bool(waits) and not missing, detail)
    for mark in missing[:3]:
        site.report.say(f"  {mark}: {await _history(site, mark)}")


async def _history(site: Site, mark: str) -> str:
    """What the rows say about an event that should have been paged."""
    incidents = await site.ask(
        "SELECT id, status, created_at, updated_at, escalate_at, current_step"
        " FROM incidents_incident WHERE dedup_key = %s",
        mark,
    )
    pages = await site.ask(
        "SELECT state, reason, attempts, next_attempt_at FROM notifications_delivery"
        " WHERE subject_kind = 'incident' AND subject_id = %s",
        incidents[0][0] if incidents else 0,
    )
    return f"incidents {incidents}, deliveries {pages}"


async def stages(site: Site, mark: str) -> str:
    """How far each stage of an event's first page was from its coming in, in seconds."""
    rows = await site.ask(
        "SELECT i.created_at, d.created_at, t.started_at, t.finished_at, d.finished_at"
        " FROM incidents_incident i JOIN notifications_delivery d"
        " ON d.subject_kind = 'incident' AND d.subject_id = i.id"
        " JOIN notifications_deliveryattempt t ON t.delivery_id = d.id"
        " WHERE i.dedup_key = %s ORDER BY t.id LIMIT 1",
        mark,
    )
    names = ("page written", "sending", "answered", "noted")
    times = [seconds(at) for at in rows[0]] if rows else []
    later = zip(names, times[1:], strict=False)
    return ", ".join(f"{name} +{at - times[0]:.2f}" for name, at in later) or "no rows"


def seconds(at: datetime | str) -> float:
    """An instant of either database in seconds since 1970."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return at.timestamp()


async def _every_accepted_event_has_its_row(site: Site, flow: Flow) -> None:
    rows = await site.ask(
        "SELECT dedup_key, count(*) FROM incidents_incident"
        " WHERE dedup_key LIKE %s GROUP BY dedup_key",
        f"{flow.prefix}-%",
    )
    counts = dict(rows)
    rowless = flow.accepted.keys() - counts.keys()
    doubled = [mark for mark, count in counts.items() if count > 1]
    tries = sum(answer.status == ACCEPTED for answer in flow.answers)
    detail = f"{tries} answers 202, {len(counts)} incidents"
    site.report.check(
        "a 202 has a row, and one event one incident", not rowless and not doubled, detail
    )


async def _someone_is_always_next(site: Site, offset: float) -> None:
    """The next step of an open incident lies ahead, or was due just now: nobody is forgotten."""
    rows = await site.ask(
        "SELECT id, escalate_at FROM incidents_incident"
        " WHERE status = 'OPEN' AND (escalate_at IS NULL OR escalate_at < %s)",
        site.stored(datetime.now(UTC) + timedelta(seconds=offset) - OVERDUE),
    )
    site.report.check("every open incident has a next step", not rows, f"{len(rows)} without")


async def _every_delivery_was_sent(site: Site, refused: int) -> None:
    states = dict(
        await site.ask("SELECT state, count(*) FROM notifications_delivery GROUP BY state")
    )
    words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    failed = states.pop("FAILED", 0)
    kept = set(states) == {"SENT"} and failed == refused
    promise = "every delivery ended as SENT" + (f", but {refused} refused" if refused else "")
    site.report.check(promise, kept, words)


async def _at_most_one_duplicate(site: Site) -> None:
    """Counted at the fake phones, by the number that each message carries."""
    extra = {
        number: times - 1
        for sink in (site.mail, site.hook)
        for number, times in sink.deliveries.items()
        if times > 1
    }
    marked = {
        row[0]
        for row in await site.ask("SELECT id FROM notifications_delivery WHERE possible_duplicate")
    }
    unmarked = extra.keys() - marked
    total = len(site.mail.deliveries) + len(site.hook.deliveries)
    detail = f"{len(extra)} of {total} came twice, {len(marked)} marked as possible duplicate"
    detail += f"; {len(unmarked)} came twice unmarked" if unmarked else ""
    kept = all(count == 1 for count in extra.values()) and not unmarked
    site.report.check("at most one duplicate per delivery, and it is marked", kept, detail)
