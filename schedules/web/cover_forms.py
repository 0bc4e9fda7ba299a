"""The form of a request for cover: when, whom to ask, and what to take in return."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import User
from core.widgets import QuickSelect
from schedules.models import Schedule
from schedules.web.fields import WallTimeField, instant
from schedules.web.forms import person_choices
from schedules.web.my_shifts import MyShift

ANYONE = "Anyone on the schedule: the first to accept takes it"


class CoverForm(forms.Form):
    """Times are wall-clock times of the schedule's zone."""

    start = WallTimeField(label="From")
    end = WallTimeField(label="Until")
    asked = forms.ChoiceField(required=False, label="Ask", widget=QuickSelect)
    in_return = forms.ChoiceField(
        required=False,
        label="In return I take",
        help_text="Makes it a swap: both shifts change hands, or none.",
        widget=QuickSelect,
    )
    message = forms.CharField(
        required=False, max_length=1000, widget=forms.Textarea({"rows": 2}), label="Why, or thanks"
    )

    def __init__(  # noqa: ANN204
        self,
        *args: Any,
        schedule: Schedule,
        people: Iterable[User],
        offers: Sequence[MyShift],
        **options: Any,
    ):
        super().__init__(*args, **options)
        self.zone = ZoneInfo(schedule.time_zone)
        self.people = {user.public_id: user for user in people}
        self.offers = {one.key: one for one in offers}
        asked: Any = self.fields["asked"]
        asked.choices = [("", ANYONE), *person_choices(self.people.values())]
        in_return: Any = self.fields["in_return"]
        in_return.choices = [
            ("", "Nothing"),
            *((key, _label(one, self.zone)) for key, one in self.offers.items()),
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        offer = self.offers.get(values.get("in_return", ""))
        asked = self.people.get(values.get("asked", ""))
        if offer and asked and offer.user != asked:
            self.add_error("in_return", f"That is a shift of {offer.user}, whom you do not ask")
        return values

    def values(self) -> dict[str, Any]:
        """What the command takes."""
        given = self.cleaned_data
        offer = self.offers.get(given["in_return"])
        return {
            "start": instant(given["start"], self.zone),
            "end": instant(given["end"], self.zone),
            "asked": offer.user if offer else self.people.get(given["asked"]),
            "in_return": (offer.start, offer.end) if offer else None,
            "message": given["message"],
        }


def _label(one: MyShift, zone: ZoneInfo) -> str:
    start, end = one.start.astimezone(zone), one.end.astimezone(zone)
    return f"{one.user}: {_moment(start)} to {_moment(end)}"


def _moment(at: datetime) -> str:
    return at.strftime("%a %-d %b, %H:%M")
