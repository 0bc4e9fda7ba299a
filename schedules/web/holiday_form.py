"""The form of a holiday calendar: a country, a part of it, and days of one's own line by line."""

from typing import Any

from django import forms

from core.widgets import QuickSelect
from schedules import queries
from schedules.models import HolidayCalendar


class HolidayForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="As people choose it: Bavaria, Head office.")
    country = forms.ChoiceField(
        required=False, widget=QuickSelect, help_text="Its public holidays count."
    )
    subdivision = forms.CharField(
        max_length=12,
        required=False,
        label="State or region",
        help_text="Its code, where it has holidays of its own: BY for Bavaria, SCT for Scotland.",
    )
    days = forms.CharField(
        required=False,
        label="Your own days",
        widget=forms.Textarea({"rows": 5}),
        max_length=40_000,
        help_text="One in a line: 2026-12-24 Christmas Eve",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = queries.country_names()
        choices = [("", "None: only your own days"), *names.items()]
        self.fields["country"].choices = choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the command takes."""
        given = self.cleaned_data
        lines = (line.split(maxsplit=1) for line in given["days"].splitlines())
        days = [{"date": parts[0], "name": "".join(parts[1:])} for parts in lines if parts]
        return {
            "name": given["name"],
            "country": given["country"],
            "subdivision": given["subdivision"],
            "days": days,
        }


def initial(calendar: HolidayCalendar) -> dict[str, str]:
    return {
        "name": calendar.name,
        "country": calendar.country,
        "subdivision": calendar.subdivision,
        "days": "\n".join(f"{item['date']} {item['name']}" for item in calendar.days),
    }
