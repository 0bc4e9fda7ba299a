"""Forms of time off and of calendars that hold it. They check shape; the commands decide."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.domain import zones
from core.widgets import QuickSelect
from schedules.domain.absence import period
from schedules.web.fields import EARLIEST, LATEST


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class TimeOffForm(forms.Form):
    """Days, and clock times where it is not whole days, of the person's zone."""

    first_day = forms.DateField(label="First day", widget=DateInput)
    last_day = forms.DateField(
        label="Last day", widget=DateInput, required=False, help_text="Empty: the same day."
    )
    from_time = forms.TimeField(
        label="From", widget=TimeInput, required=False, help_text="Empty: the whole first day."
    )
    until_time = forms.TimeField(
        label="Until", widget=TimeInput, required=False, help_text="Empty: the whole last day."
    )
    note = forms.CharField(
        max_length=200,
        required=False,
        help_text="For you, the lead of your team and admins: Holiday, Course.",
    )

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("first_day", "last_day"):
            day = given.get(name)
            if day and not EARLIEST <= day.year <= LATEST:
                self.add_error(name, f"Choose a year between {EARLIEST} and {LATEST}")
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day lies before the first")
        return given

    def values(self) -> dict[str, Any]:
        """What the command takes."""
        given = self.cleaned_data
        first = given["first_day"]
        last = given["last_day"] or first
        start, end = period(first, last, self.zone, given["from_time"], given["until_time"])
        return {"start": start, "end": end, "note": given["note"]}


class CalendarForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="As you call it: Holidays, Work.")
    url = forms.CharField(
        label="Secret address",
        max_length=2000,
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text="The private address in iCal format, as your calendar shows it. "
        "It is stored encrypted and never shown again.",
    )
    word = forms.CharField(
        label="Only events with this word in the title",
        max_length=60,
        required=False,
        help_text="For a work calendar give one, like “Vacation”: without a word every meeting "
        "counts as time off. Empty suits a calendar of absences only; free and cancelled events "
        "never count.",
    )
    time_zone = forms.CharField(
        label="Time zone",
        widget=QuickSelect,
        help_text="For whole days and times without a zone, where the calendar names none.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        current = self["time_zone"].value()
        names = zones.offered()
        known = (current, *names) if current and current not in names else names
        self.fields["time_zone"].widget.choices = [(zone, zone) for zone in known]  # type: ignore[attr-defined]
