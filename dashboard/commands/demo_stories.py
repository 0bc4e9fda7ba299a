"""Who and what the sample data are about. Pure values; played by dashboard.commands.demo."""

from dataclasses import dataclass
from datetime import timedelta

PEOPLE = (
    ("Alice Archer", "alice@example.com", "ADMIN"),
    ("Bob Brandt", "bob@example.com", "RESPONDER"),
    ("Carol Diaz", "carol@example.com", "RESPONDER"),
    ("Dan Okafor", "dan@example.com", "USER"),
)

# name, description, team, policy, type of integration, its name
SERVICES = (
    (
        "Checkout API",
        "Takes the money",
        "Payments",
        "Business critical",
        "prometheus",
        "Alertmanager production",
    ),
    (
        "Payments database",
        "PostgreSQL, primary and standby",
        "Payments",
        "Business critical",
        "prometheus",
        "Alertmanager databases",
    ),
    (
        "Web shop",
        "What customers see",
        "Platform",
        "Business critical",
        "events",
        "Synthetic checks",
    ),
    ("Search", "Product search", "Platform", "Office hours", "events", "Index watcher"),
    ("Mail relay", "Order confirmations", "Platform", "", "events", "Queue monitor"),
)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens: an event (trigger, clear) or a verb of a person."""

    verb: str
    who: str = ""
    text: str = ""
    span: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Story:
    """One incident: it began `ago`; each move comes so long after the beginning."""

    service: str
    title: str
    severity: str
    ago: timedelta
    moves: tuple[tuple[timedelta, Move], ...]
    details: tuple[tuple[str, str], ...] = ()


def _story(
    service: str,
    title: str,
    severity: str,
    minutes_ago: int,
    *moves: tuple[int, str, str, str],
    details: dict[str, str] | None = None,
    snooze_minutes: int = 0,
) -> Story:
    """Moves as (minutes after the beginning, verb, who, text); the trigger comes by itself."""
    span = timedelta(minutes=snooze_minutes)
    timed = [(timedelta(0), Move("trigger"))]
    timed += [
        (timedelta(minutes=after), Move(verb, who, text, span)) for after, verb, who, text in moves
    ]
    began = timedelta(minutes=minutes_ago)
    return Story(service, title, severity, began, tuple(timed), tuple((details or {}).items()))


ALICE, BOB, CAROL, DAN = (name for name, *_ in PEOPLE)
HOUR, DAY = 60, 24 * 60

STORIES = (
    _story(
        "Web shop",
        "Shop front page does not answer from two of five places",
        "critical",
        6 * DAY,
        (3, "acknowledge", CAROL, ""),
        (21, "resolve", CAROL, "A wrong health check in the **load balancer** took two nodes out."),
        (24, "reopen", BOB, ""),
        (26, "acknowledge", BOB, ""),
        (58, "resolve", BOB, "Both nodes are back and stay."),
    ),
    _story(
        "Search",
        "Search answers slower than 800 ms",
        "error",
        3 * DAY,
        (12, "acknowledge", BOB, ""),
        (95, "clear", "", ""),
    ),
    _story(
        "Checkout API",
        "Error rate of /pay above 5 %",
        "critical",
        2 * DAY,
        (1, "trigger", "", ""),
        (4, "acknowledge", ALICE, ""),
        (9, "clear", "", ""),
    ),
    _story(
        "Payments database",
        "Replication lag above 60 s",
        "critical",
        26 * HOUR,
        (6, "acknowledge", BOB, ""),
        (15, "note", BOB, "A bulk job holds a long transaction:\n\n- stopped it\n- lag falls"),
        (42, "resolve", BOB, "The nightly export ran at noon. Moved it back."),
    ),
    _story(
        "Mail relay",
        "Bounce rate slightly above the usual",
        "info",
        9 * HOUR,
        (7, "suppress", BOB, ""),
    ),
    _story(
        "Web shop",
        "TLS certificate of shop.example.com expires in 13 days",
        "warning",
        5 * HOUR,
        (20, "acknowledge", CAROL, ""),
        (22, "snooze", CAROL, "The renewal is planned for tomorrow morning"),
        snooze_minutes=20 * HOUR,
    ),
    _story(
        "Checkout API",
        "Payment provider answers slowly",
        "error",
        3 * HOUR,
        (4, "acknowledge", ALICE, ""),
        (11, "assign", ALICE, CAROL),
        (14, "note", CAROL, "Their status page says *degraded*. Retries absorb it for now."),
        details={"provider": "cards-eu", "p95": "2.8 s"},
    ),
    _story(
        "Web shop",
        "Image cache hit rate below 60 %",
        "warning",
        55,
        (6, "acknowledge", BOB, ""),
        (9, "note", BOB, "Warming the cache again after the deploy."),
    ),
    _story("Mail relay", "12,000 messages wait in the queue", "error", 40),
    _story(
        "Search",
        "Index is 40 minutes behind",
        "warning",
        25,
        (5, "trigger", "", ""),
        (10, "trigger", "", ""),
        (15, "trigger", "", ""),
    ),
    _story(
        "Checkout API",
        "Checkout answers 502 to one customer in five",
        "critical",
        7,
        (1, "trigger", "", ""),
        (2, "trigger", "", ""),
        details={"instance": "checkout-3", "region": "eu-central", "error rate": "21 %"},
    ),
    _story(
        "Payments database",
        "Disk of payments-db-1 is 93 % full",
        "critical",
        3,
        details={"instance": "payments-db-1", "mount": "/var/lib/postgresql", "free": "34 GB"},
    ),
)
