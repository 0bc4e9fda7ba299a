"""The nouns of notifications, by room: how people are reached, what was sent, accounts, tests."""

from notifications.models.drills import Drill, DrillPlan, DrillTrigger
from notifications.models.paging import (
    OFFERED,
    OPEN_STATES,
    Channel,
    ContactMethod,
    Delivery,
    DeliveryAttempt,
    DeliveryEvent,
    DeliveryOutcome,
    DeliveryState,
    InAppNotification,
    LowDigest,
    NotificationRule,
    OutboxMail,
    QuietHours,
    Urgency,
    VerificationCode,
    every_day,
)
from notifications.models.providers import Provider, ProviderHealth, ProviderPace

__all__ = [
    "OFFERED",
    "OPEN_STATES",
    "Channel",
    "ContactMethod",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryEvent",
    "DeliveryOutcome",
    "DeliveryState",
    "Drill",
    "DrillPlan",
    "DrillTrigger",
    "InAppNotification",
    "LowDigest",
    "NotificationRule",
    "OutboxMail",
    "Provider",
    "ProviderHealth",
    "ProviderPace",
    "QuietHours",
    "Urgency",
    "VerificationCode",
    "every_day",
]
