"""Entry points of the job queue."""

from core import clock
from notifications.commands import drill_plans, drills
from notifications.publishing import publish_due


def conclude_drills() -> int:
    """Ends test pages whose hour is over."""
    return drills.conclude_due(clock.now())


def send_monthly_drills() -> int:
    """Sends the monthly test pages whose time has come."""
    return drill_plans.send_due(clock.now())


def publish() -> int:
    """Publishes what is due; harmless to repeat and to run twice at once."""
    return publish_due(clock.now())
