"""Rules of a layer in words."""

import pytest

from schedules.models import LayerVersion
from schedules.web import words


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"unit": "week", "every": 2}, "every 2 weeks, hand-off Monday 09:00"),
        ({"unit": "day"}, "every day, hand-off 09:00"),
        ({"unit": "hour", "every": 12}, "every 12 hours, hand-off 09:00 and 21:00"),
        (
            {"unit": "hour", "every": 36},
            "every 36 hours, hand-off counted from Mon 2 Mar 2026 09:00",
        ),
        ({"unit": "month"}, "every month, hand-off on day 2 at 09:00"),
        (
            {"unit": "month", "every": 3, "anchor": "2026-01-31T08:00"},
            "every 3 months, hand-off on day 31 at 08:00, or the last one of a shorter month",
        ),
    ],
)
def test_a_rhythm_in_words(rules: dict, said: str):
    given = {"every": 1, "anchor": "2026-03-02T09:00"} | rules
    assert words.cadence(LayerVersion(**given)) == said


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (("MON TUE WED THU FRI", "09:00", "17:30", None), "Mon-Fri 09:00-17:30"),
        (("SAT SUN", "00:00", "00:00", None), "Sat, Sun 00:00-24:00"),
        (
            ("MON TUE WED THU FRI SAT SUN", "22:00", "06:00", None),
            "every day 22:00-06:00 (next day)",
        ),
        (("FRI", "18:00", "08:00", "MON"), "Fri 18:00 to Mon 08:00"),
        (("MON WED FRI", "08:00", "12:00", None), "Mon, Wed, Fri 08:00-12:00"),
    ],
)
def test_hours_in_words(window: tuple, said: str):
    days, start, end, end_day = window
    given = {"days": days.split(), "start": start, "end": end, "endDay": end_day}
    assert words.window(given) == said
