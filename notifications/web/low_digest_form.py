"""The choice of a digest, below the rules for low urgency."""

from typing import Any

from django import forms

from notifications.domain.gathering import MORNING, Rhythm
from notifications.models import LowDigest

RHYTHMS = [
    (Rhythm.AT_ONCE.value, "Each message at once"),
    (Rhythm.HOURLY.value, "Together, at every full hour"),
    (Rhythm.DAILY.value, "Together, once a day"),
]
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class LowDigestForm(forms.Form):
    rhythm = forms.ChoiceField(choices=RHYTHMS, label="When they come")
    hour = forms.TypedChoiceField(
        choices=HOURS,
        coerce=int,
        required=False,
        empty_value=MORNING,
        label="Once a day at",
        help_text="By the clocks of your profile",
    )

    def __init__(self, present: LowDigest | None, data: Any = None) -> None:
        first = {"rhythm": Rhythm.AT_ONCE.value, "hour": MORNING}
        if present:
            first = {"rhythm": present.rhythm, "hour": present.hour}
        super().__init__(data, initial=first, prefix="digest")

    def chosen(self) -> LowDigest:
        """As the form stands, not stored. Only of a valid form."""
        return LowDigest(**self.cleaned_data)
