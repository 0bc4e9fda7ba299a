"""The form of the monthly test page."""

from typing import Any

from django import forms

from notifications.domain.drill_times import LAST_WEEK, SUGGESTED, Monthly, Rhythm

WEEKS = [(1, "first"), (2, "second"), (3, "third"), (4, "fourth"), (LAST_WEEK, "last")]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class DrillPlanForm(forms.Form):
    rhythm = forms.ChoiceField(
        label="When",
        choices=[
            (Rhythm.WEEKDAY.value, "On a weekday, such as the first Tuesday"),
            (Rhythm.DAY.value, "On a day of the month"),
        ],
    )
    week = forms.TypedChoiceField(choices=WEEKS, coerce=int, label="Which one of the month")
    weekday = forms.TypedChoiceField(choices=list(enumerate(DAYS)), coerce=int, label="Weekday")
    day = forms.IntegerField(
        min_value=1,
        max_value=31,
        label="Day of the month",
        help_text="For the second choice above; in shorter months on the last day",
    )
    at = forms.TimeField(
        label="At",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="When you are awake and have your devices with you",
    )

    def __init__(self, present: Monthly | None, data: Any = None) -> None:
        plan = present or SUGGESTED
        by_day = plan.rhythm is Rhythm.DAY
        first = {
            "rhythm": plan.rhythm.value,
            "week": SUGGESTED.number if by_day else plan.number,
            "weekday": plan.weekday,
            "day": plan.number if by_day else 1,
            "at": plan.at,
        }
        super().__init__(data, initial=first)

    def chosen(self) -> Monthly:
        """The plan of a valid form."""
        given = self.cleaned_data
        rhythm = Rhythm(given["rhythm"])
        number = given["day"] if rhythm is Rhythm.DAY else given["week"]
        return Monthly(rhythm, number, given["weekday"], given["at"])
