"""The storm shield's rows: what one person was told of one cause, and what travels together."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from incidents.domain.alert import Urgency
from services.models import Service


class BundleKind(models.TextChoices):
    """What is counted and gathered by itself: a last resort never waits behind other pages."""

    PAGES = "pages", "Pages"
    FALLBACK = "fallback", "Pages of the last resort"
    NEWS = "news", "News that it is over"


class BundleState(models.TextChoices):
    GATHERING = "gathering", "Gathering"
    LEFT = "left", "Sent on its way"
    ALONE = "alone", "Only one was left: an ordinary message"
    EMPTY = "empty", "Nothing was left to say"


class Bundle(models.Model):
    """Incidents of one service that one person hears of by one message. The row is the promise.

    It gathers until `leaves_at`; `count` is how many were put into it, `named` how many of them
    the message spoke of. `taken_*`: somebody acknowledges all of it; `taking` while that goes on.
    """

    kind = models.CharField(max_length=8, choices=BundleKind.choices, default=BundleKind.PAGES)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bundles")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    urgency = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Urgency])
    channels = models.JSONField(default=list, blank=True)
    all_channels = models.BooleanField(default=False)
    may_wait = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=BundleState.choices, default=BundleState.GATHERING
    )
    count = models.PositiveIntegerField(default=0)
    named = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    leaves_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.JSONField(default=dict, blank=True, help_text="core.actor.Actor as JSON")
    taken_at = models.DateTimeField(null=True, blank=True)
    taking = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "user", "service"],
                condition=Q(state="gathering"),
                name="bundle_one_gathers",
            )
        ]
        indexes = [
            models.Index(
                fields=["leaves_at"], condition=Q(state="gathering"), name="bundle_leaves"
            ),
            models.Index(fields=["id"], condition=Q(taking=True), name="bundle_taking"),
        ]

    def __str__(self) -> str:
        return f"{self.count} incidents on {self.service}"

    @property
    def pages(self) -> bool:
        """Whether somebody is asked to act, not told that it is over."""
        return self.kind != BundleKind.NEWS

    @property
    def last_resort(self) -> bool:
        return self.kind == BundleKind.FALLBACK

    @property
    def page_key(self) -> str:
        """That of its deliveries."""
        return f"bundle.{self.user_id}"


class BundleMember(models.Model):
    """One incident in a bundle; `page_key` is that of the page (or news) it stands for."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="members")
    incident = models.ForeignKey(
        "incidents.Incident", on_delete=models.CASCADE, related_name="bundled", db_index=False
    )
    run = models.PositiveIntegerField()
    page_key = models.CharField(max_length=80)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "page_key"], name="bundled_once")
        ]


class PageBudget(models.Model):
    """When a person was last told of a service, and the bundle that gathers meanwhile.

    `recent`: instants in Unix milliseconds, newest first, each of the same length
    (incidents.domain.shield), because one statement both locks the row and puts new ones in front.
    """

    kind = models.CharField(max_length=8, choices=BundleKind.choices)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+", db_index=False)
    recent = models.CharField(max_length=500, blank=True, default="", db_default="")
    bundle = models.ForeignKey(
        Bundle, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "service", "kind"], name="page_budget_of_person_and_cause"
            )
        ]
