"""Clocks of the service level of an incident, as rows."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import models
from django.db.models import Q

from incidents.domain.lifecycle import Status
from incidents.domain.sla import Clock, Word, word


class SlaClock(models.Model):
    """One clock, as it was read last: everything here but what was told follows from the timeline.

    `due_at`: when the time is used up, null while it is paused; `left_seconds`: what is left while
    it stands still; `opens_at`: when support hours begin again, null while they last; `pauses`:
    [{"from": instant, "until": instant or null, "why": status}]; `shift_seconds`: by how much the
    computer's clock jumped while it ran. `next_at` is the next instant at which the row changes by
    itself: a warning, the end, a door that opens or closes; null when there is none.
    """

    incident = models.ForeignKey(
        "incidents.Incident",
        on_delete=models.CASCADE,
        related_name="sla_clocks",
        db_index=False,  # the constraint below begins with it
        db_constraint=False,  # whoever writes a clock must not lock the incident of a responder
    )
    clock = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in Clock])
    round = models.PositiveSmallIntegerField(default=1)
    target_minutes = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    left_seconds = models.IntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    opens_at = models.DateTimeField(null=True, blank=True)
    pauses = models.JSONField(default=list, blank=True)
    shift_seconds = models.FloatField(default=0)
    warned_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "clock", "round"], name="sla_clock_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="sla_clock_due"
            ),
            models.Index(fields=["changed_at"], name="sla_clock_changed"),
            models.Index(
                fields=["incident"],
                condition=Q(breached_at__isnull=False),
                name="sla_clock_late",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.round} of incident {self.incident_id}"

    @property
    def word(self) -> Word:
        """What it says, in one word."""
        return word(met=bool(self.met_at), breached=bool(self.breached_at), still=self.stands_still)

    @property
    def stands_still(self) -> bool:
        return bool(self.paused_at or self.opens_at)

    @property
    def is_ack(self) -> bool:
        return self.clock == Clock.ACK

    @property
    def target(self) -> timedelta:
        return timedelta(minutes=self.target_minutes)

    @property
    def left(self) -> timedelta:
        """What is left while it stands still."""
        return timedelta(seconds=self.left_seconds)


TO_DO_FIRST = (Clock.ACK, Clock.RESOLVE)
TO_DO: dict[Status, tuple[Clock, ...]] = {
    Status.ACKNOWLEDGED: (Clock.RESOLVE,),
    Status.RESOLVED: (),
}


def present(clocks: Iterable[SlaClock]) -> dict[Clock, SlaClock]:
    """Of each kind the last one: what was promised before an incident came back is history."""
    return {Clock(row.clock): row for row in sorted(clocks, key=lambda row: row.round)}


def pressing(clocks: Iterable[SlaClock], status: str) -> SlaClock | None:
    """The clock that a list shows: that of the next thing to be done; None when all is done.

    `status` of the incident: clocks are read a moment after somebody took or resolved it.
    """
    found = present(clocks)
    waiting = [found[kind] for kind in TO_DO.get(Status(status), TO_DO_FIRST) if kind in found]
    return next((row for row in waiting if not row.met_at), None)
