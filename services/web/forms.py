"""Forms of the catalogue."""

from typing import Any

from django import forms

from accounts.models import Role, Team, User
from escalation.models import EscalationPolicy
from services.commands import NAME_LENGTH
from services.models import IntegrationType


class ServiceForm(forms.Form):
    name = forms.CharField(
        max_length=NAME_LENGTH,
        help_text="As people call it at night: Checkout API, Payments database.",
    )
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), to_field_name="public_id", required=False, empty_label="No team"
    )
    policy = forms.ModelChoiceField(
        EscalationPolicy.objects.filter(archived_at=None),
        to_field_name="public_id",
        required=False,
        label="Escalation policy",
        empty_label="No policy",
        help_text="Who is paged, in which order. Without one the team is paged once, "
        "then the fallback contact.",
    )

    def __init__(self, user: User, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if user.role == Role.USER:  # may not hand the service to strangers
            own = Team.objects.filter(memberships__user=user)
            self.fields["team"].queryset = own  # type: ignore[attr-defined]


class IntegrationForm(forms.Form):
    type = forms.ChoiceField(choices=IntegrationType.choices, label="Tool")
    name = forms.CharField(max_length=NAME_LENGTH, help_text="Shown in the timeline as the source.")


class WebhookForm(forms.Form):
    name = forms.CharField(max_length=NAME_LENGTH)
    url = forms.CharField(
        max_length=500,
        label="Address",
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.com/opsknight"}),
    )
    secret = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="When set, every body is signed with it.",
    )
    on_triggered = forms.BooleanField(required=False, initial=True, label="Opened")
    on_acknowledged = forms.BooleanField(required=False, initial=True, label="Acknowledged")
    on_resolved = forms.BooleanField(required=False, initial=True, label="Resolved")
