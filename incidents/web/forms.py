"""Forms of incidents. They read and check; the commands decide."""

from datetime import timedelta
from typing import Any

from django import forms

from accounts.models import Role, Team, User
from incidents.commands.create import DESCRIPTION_LENGTH, TITLE_LENGTH
from incidents.models import Priority, Urgency
from services.models import Service
from services.queries import live as live_services

NOBODY = ("", "Nobody")
Owner = tuple[User | None, Team | None]


class OwnerField(forms.ChoiceField):
    """A person or a team in one select; cleans to (person, team) with at most one of them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.choices = owner_choices

    def clean(self, value: Any) -> Owner:
        chosen = super().clean(value)
        kind, _, public_id = chosen.partition(":")
        if kind == "user":
            return User.objects.active().filter(public_id=public_id).first(), None
        if kind == "team":
            return None, Team.objects.filter(public_id=public_id).first()
        return None, None


def owner_choices() -> list[Any]:
    people = [(f"user:{user.public_id}", user.name) for user in User.objects.active()]
    teams = [(f"team:{team.public_id}", team.name) for team in Team.objects.all()]
    return [NOBODY, ("People", people), ("Teams", teams)]


class NewIncidentForm(forms.Form):
    title = forms.CharField(
        max_length=TITLE_LENGTH,
        widget=forms.TextInput(attrs={"autofocus": True}),
        help_text="What is broken, as you would say it on the phone.",
    )
    service = forms.ModelChoiceField(
        Service.objects.none(), to_field_name="public_id", empty_label="Choose a service"
    )
    urgency = forms.ChoiceField(
        choices=[(urgency.value, urgency.value.capitalize()) for urgency in Urgency],
        initial=Urgency.HIGH,
        help_text="High wakes people on all their channels at once.",
    )
    priority = forms.ChoiceField(choices=[("", "None"), *Priority.choices], required=False)
    assignee = OwnerField(help_text="Paged with the first step, besides those the policy names.")
    description = forms.CharField(
        max_length=DESCRIPTION_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, user: User, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        services = live_services()
        if user.role == Role.USER:
            services = services.filter(team__memberships__user=user)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]


class EditForm(forms.Form):
    """Titles that came by an event may be longer than those that people write."""

    title = forms.CharField(max_length=500)
    urgency = forms.ChoiceField(
        choices=[(urgency.value, urgency.value.capitalize()) for urgency in Urgency],
        help_text="Pages from the next step on follow it.",
    )
    priority = forms.ChoiceField(choices=[("", "None"), *Priority.choices], required=False)
    description = forms.CharField(
        max_length=DESCRIPTION_LENGTH, required=False, widget=forms.Textarea(attrs={"rows": 8})
    )


class ResolutionForm(forms.Form):
    note = forms.CharField(
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What fixed it?",
        help_text="Optional, kept as a note. Markdown works.",
    )


class SnoozeForm(forms.Form):
    """`minutes` comes from a preset button; `custom` wins when it is filled in."""

    minutes = forms.IntegerField(required=False, min_value=1, max_value=43_200)
    custom = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=43_200,
        label="Or for so many minutes",
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": "90"}),
    )
    reason = forms.CharField(required=False, max_length=500, label="Why")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        minutes = cleaned.get("custom") or cleaned.get("minutes")
        if not minutes and not self.errors:
            raise forms.ValidationError("Choose how long to snooze")
        cleaned["span"] = timedelta(minutes=minutes or 0)
        return cleaned


class AssignmentForm(forms.Form):
    owner = OwnerField(label="Give it to", help_text="They are told. Assigning never acknowledges.")
    restart = forms.BooleanField(
        required=False,
        label="Start the escalation again, with them first",
        help_text="It is open again, and paged from step 1 with the policy of now.",
    )


class NoteForm(forms.Form):
    content = forms.CharField(
        max_length=10_000,
        label="",
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "aria-label": "Note",
                "placeholder": "What did you find? Markdown works, @name tells somebody.",
            }
        ),
    )


class CallingNoteForm(NoteForm):
    tell = OwnerField(
        label="Tell somebody", help_text="Or call them in the note by @ and their name."
    )
