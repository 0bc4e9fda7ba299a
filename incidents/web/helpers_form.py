"""The form that asks more people for help: people, teams, who is on call, a policy's first step."""

from typing import Any

from django import forms

from accounts.models import Team, User
from escalation.models import EscalationPolicy
from incidents.commands import Helpers
from schedules.models import Schedule

# Kind in the value of a choice -> field of Helpers.
FIELDS = {"user": "people", "team": "teams", "schedule": "schedules", "policy": "policies"}


def _rows(kind: str) -> Any:
    return {
        "user": User.objects.active(),
        "team": Team.objects.all(),
        "schedule": Schedule.objects.filter(archived_at=None),
        "policy": EscalationPolicy.objects.filter(archived_at=None),
    }[kind]


class HelpersForm(forms.Form):
    who = forms.MultipleChoiceField(
        label="Whom",
        widget=forms.SelectMultiple(attrs={"size": 9}),
        help_text="One or more; a mouse needs Ctrl or Command. A schedule means who is on call "
        "now, a policy whom its first step pages.",
    )
    message = forms.CharField(
        max_length=500,
        required=False,
        label="What for",
        widget=forms.TextInput(attrs={"placeholder": "I need somebody who knows the database"}),
        help_text="The first thing they read.",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        groups = {"user": "People", "team": "Teams", "schedule": "On call", "policy": "Policies"}
        found = [
            (label, [(f"{kind}:{row.public_id}", row.name) for row in _rows(kind)])
            for kind, label in groups.items()
        ]
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (label, choices) for label, choices in found if choices
        ]

    def helpers(self) -> Helpers:
        """The rows that were chosen. Only for a valid form."""
        ids: dict[str, list[str]] = {kind: [] for kind in FIELDS}
        for value in self.cleaned_data["who"]:
            kind, _, public_id = value.partition(":")
            ids[kind].append(public_id)
        found = {
            FIELDS[kind]: list(_rows(kind).filter(public_id__in=chosen))
            for kind, chosen in ids.items()
            if chosen
        }
        return Helpers(**found)
