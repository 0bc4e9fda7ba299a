"""The telephones of demo mode: takes everything and sends nothing.

What it took is shown at /simulator/, from the deliveries themselves. Only settings.DEMO names it
among the providers.
"""

from typing import Any

from django.conf import settings

from notifications.channels.base import Outgoing, Sent
from notifications.domain.words import Channel
from notifications.providers.base import Kind

KEY = "simulator"
CHANNELS = (
    Channel.SMS,
    Channel.VOICE,
    Channel.WHATSAPP,
    Channel.PUSH,
    Channel.SLACK,
    Channel.TELEGRAM,
)


def take(rendered: Any, outgoing: Outgoing) -> Sent:
    """The delivery is shown on the simulator from the moment it counts as sent."""
    return Sent("shown on the simulator", reference=f"simulator-{outgoing.delivery_id}")


KIND = Kind(
    key=KEY,
    label="Simulator",
    sends={channel: take for channel in CHANNELS if channel in settings.CHANNELS},
    guide="providers/simulator.md",
)
