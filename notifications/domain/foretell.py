"""What a page will do to a person, in words, and where its plan has a hole. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from notifications.domain.choice import Choice
from notifications.domain.words import Channel, Urgency

# What only lies there until somebody looks.
SILENT: frozenset[str] = frozenset(
    {
        Channel.EMAIL,
        Channel.SLACK,
        Channel.TEAMS,
        Channel.GOOGLE_CHAT,
        Channel.DISCORD,
        Channel.MATTERMOST,
    }
)
PAUSE = timedelta(minutes=15)
START = 22  # the hour of the page in the example


@dataclass(frozen=True, slots=True)
class Named:
    """A contact method as far as the words need it. `sure`: verified, or seen to work."""

    name: str
    channel: str
    sure: bool = False


def story(
    choices: Sequence[Choice],
    ways: Mapping[int, Named],
    start: datetime,
    gathered_until: datetime | None = None,
) -> str:
    """For example “22:00 page: Push and E-mail at once, SMS 22:01, Phone call 22:03”.

    `gathered_until`: when the digest leaves that such a page waits for.
    """
    clock = f"{start:%H:%M} page"
    if gathered_until and choices:
        day = "" if gathered_until.date() == start.date() else " the next day"
        clock += f", gathered with others until {gathered_until:%H:%M}{day}"
        start = gathered_until
    if not choices:
        return f"{clock}: nothing is sent, nobody is told"
    if choices[0].ordered:
        chain = ", then ".join(ways[choice.method_id].name for choice in choices)
        return f"{clock}: {chain}, each when the one before it fails"
    parts = []
    for delay, group in groupby(choices, key=lambda choice: choice.delay):
        names = _joined([ways[choice.method_id].name for choice in group])
        soon = not delay and not gathered_until
        parts.append(f"{names} {'at once' if soon else f'{start + delay:%H:%M}'}")
    return f"{clock}: {', '.join(parts)}"


def holes(choices: Sequence[Choice], ways: Mapping[int, Named], urgency: str) -> list[str]:
    """Sentences about what such a plan leaves open; only high urgency wakes people."""
    if not choices:
        return ["Nothing reaches you: no way is switched on and set up."]
    used = [ways[choice.method_id] for choice in choices]
    found = []
    if not any(way.sure for way in used):
        found.append("None of these ways is verified: nobody knows whether they arrive.")
    if urgency != Urgency.HIGH:
        return found
    if all(way.channel in SILENT for way in used):
        found.append("Nothing rings: mail and chat wait until you look.")
    if all(way.channel == Channel.PUSH for way in used):
        found.append("Push is the only way: add one that needs neither this device nor internet.")
    times = [timedelta(0), *sorted(choice.delay for choice in choices)]
    longest = max(after - before for before, after in pairwise(times))
    if choices[0].delay == timedelta(0) and longest > PAUSE:
        minutes = int(longest.total_seconds() // 60)
        found.append(f"Between two messages nothing happens for {minutes} minutes.")
    return found


def wake_surely(ways: Sequence[tuple[int, str]]) -> list[tuple[int, int, int, int]]:
    """(way, minute, minutes apart, times) of a plan that wakes; ways are (id, channel) in order.

    Everything at once, calls after two minutes, and what rings again three times, every five.
    """
    loud = [pk for pk, channel in ways if channel not in SILENT and channel != Channel.VOICE]
    calls = [pk for pk, channel in ways if channel == Channel.VOICE]
    again: Collection[int] = set(loud[:1] + calls[:1]) or {pk for pk, _ in ways[:1]}
    return [
        (
            pk,
            2 if pk in calls and len(ways) > len(calls) else 0,
            5 if pk in again else 0,
            3 if pk in again else 0,
        )
        for pk, _ in ways
    ]


def _joined(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
