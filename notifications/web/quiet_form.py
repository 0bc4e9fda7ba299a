"""The form of quiet hours."""

from typing import Any

from django import forms

from notifications.models import QuietHours

DAYS = [(0, "Mon"), (1, "Tue"), (2, "Wed"), (3, "Thu"), (4, "Fri"), (5, "Sat"), (6, "Sun")]


class QuietForm(forms.Form):
    start = forms.TimeField(
        label="From", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    end = forms.TimeField(
        label="Until",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Before the beginning: on the next day",
    )
    days = forms.TypedMultipleChoiceField(
        choices=DAYS,
        coerce=int,
        label="Beginning on",
        widget=forms.CheckboxSelectMultiple,
    )
    mail_meanwhile = forms.BooleanField(
        required=False,
        label="Send me a mail at once instead of waiting",
        help_text="Without it, messages come when the quiet time ends.",
    )

    def __init__(self, present: QuietHours | None, data: Any = None) -> None:
        first = {"start": "22:00", "end": "07:00", "days": [day for day, _ in DAYS]}
        if present:
            first = {name: getattr(present, name) for name in self.base_fields}
        super().__init__(data, initial=first)
