"""Queues deliveries for one channel, as pages that nobody paged: `python -m bench.deliveries`.

Arguments: count, channel, address, kind and fields (JSON) of the provider account, if any, and the
keys of a device, if any.
"""

import json
import sys

import django

django.setup()

from core import clock  # noqa: E402
from notifications.commands.enqueue import DirectRequest, enqueue_direct  # noqa: E402
from notifications.domain.message import Action, Message  # noqa: E402
from notifications.models import Provider  # noqa: E402

CHUNK = 500


def main(count: int, channel: str, address: str, kind: str, fields: str, secret: str) -> None:
    now = clock.now()
    if kind:
        Provider.objects.create(kind=kind, config=fields)
    message = Message(
        kind="page",
        subject_id="7",
        title="Checkout is down",
        facts=(("Service", "Checkout"), ("Urgency", "HIGH")),
        body="The error rate is above 5 %.",
        url="https://pager.example.com/incidents/7/",
        actions=(Action("Acknowledge", "https://pager.example.com/a/token/"),),
        urgency="HIGH",
    )
    for start in range(0, count, CHUNK):
        enqueue_direct(
            [
                DirectRequest(
                    subject_kind="bench",
                    subject_id=number,
                    page_key=f"{channel}.{number}",
                    target_key="bench",
                    channel=channel,
                    address=address,
                    secret=secret,
                    message=message,
                    rank=0,
                )
                for number in range(start, min(start + CHUNK, count))
            ],
            now=now,
        )
    sys.stdout.write(json.dumps({"queued": count}))


main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5], sys.argv[6])
