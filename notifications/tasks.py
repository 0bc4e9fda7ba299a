"""Entry points of the job queue."""

from core import clock
from core.portions import while_time
from notifications import publishing
from notifications.commands import drill_plans, drills


def conclude_drills() -> int:
    """Ends test pages whose hour is over."""
    return drills.conclude_due(clock.now())


def send_monthly_drills() -> int:
    """Sends the monthly test pages whose time has come."""
    return drill_plans.send_due(clock.now())


def publish() -> None:
    """Publishes what is due; harmless to repeat and to run twice at once."""
    while_time(lambda: publishing.publish_due(clock.now()) and publishing.PORTION.full)
