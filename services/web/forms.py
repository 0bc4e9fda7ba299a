"""Forms of the catalogue."""

from typing import Any

from django import forms

from accounts.models import Role, Team, User
from escalation.models import EscalationPolicy
from services.commands import NAME_LENGTH
from services.models import IntegrationType, ServiceWebhook, WebhookType

LONGEST_TIMEOUT = 10_080  # minutes: a week
EVENTS = ("on_triggered", "on_acknowledged", "on_resolved", "on_sla")


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

    ack_timeout_minutes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LONGEST_TIMEOUT,
        label="Acknowledgements last, in minutes",
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": "for ever"}),
        help_text="An acknowledged incident on which nobody does anything for so long is open "
        "again and pages. Empty: never.",
    )

    def __init__(self, user: User, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if user.role == Role.USER:  # may not hand the service to strangers
            own = Team.objects.filter(memberships__user=user)
            self.fields["team"].queryset = own  # type: ignore[attr-defined]


class IntegrationForm(forms.Form):
    type = forms.ChoiceField(choices=IntegrationType.choices, label="Tool")
    name = forms.CharField(max_length=NAME_LENGTH, help_text="Shown in the timeline as the source.")


# What a form says beside the place of each type, and what a good one looks like.
PLACES = {
    WebhookType.GENERIC: ("https://hooks.example.com/opsknight", ""),
    WebhookType.SLACK: (
        "https://hooks.slack.com/services/…",
        "Only for an incoming webhook: people cannot press buttons there.",
    ),
    WebhookType.TEAMS: (
        "https://….logic.azure.com/workflows/…",
        "Teams: channel, Workflows, “Post to a channel when a webhook request is received”.",
    ),
    WebhookType.GOOGLE_CHAT: (
        "https://chat.googleapis.com/v1/spaces/…",
        "Google Chat: space, Apps & integrations, Webhooks.",
    ),
    WebhookType.DISCORD: (
        "https://discord.com/api/webhooks/…",
        "Discord: channel settings, Integrations, Webhooks.",
    ),
    WebhookType.MATTERMOST: (
        "https://mattermost.example.com/hooks/…",
        "Mattermost: Integrations, Incoming Webhooks.",
    ),
}
CHANNELS = {
    WebhookType.SLACK: ("C012AB3CD", "Channel ID, for the Slack app: the end of channel details."),
    WebhookType.TELEGRAM: ("-1001234567890", "Number of the chat; the bot must be in it."),
}


class WebhookForm(forms.Form):
    """The fields that a type needs: `kind` decides which stay."""

    name = forms.CharField(max_length=NAME_LENGTH, help_text="Such as #payments-alerts.")
    channel = forms.CharField(max_length=40, required=False)
    url = forms.CharField(max_length=500, required=False, label="Address", widget=forms.URLInput)
    secret = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="When set, every body is signed with it.",
    )
    on_triggered = forms.BooleanField(required=False, initial=True, label="Opened")
    on_acknowledged = forms.BooleanField(required=False, initial=True, label="Acknowledged")
    on_resolved = forms.BooleanField(required=False, initial=True, label="Resolved")
    on_sla = forms.BooleanField(required=False, label="Late, or nearly (service level)")

    def __init__(self, kind: WebhookType, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._place("url", PLACES.get(kind))
        self._place("channel", CHANNELS.get(kind))
        if kind != WebhookType.GENERIC:
            del self.fields["secret"]

    def _place(self, name: str, told: tuple[str, str] | None) -> None:
        if told is None:
            del self.fields[name]
            return
        self.fields[name].widget.attrs["placeholder"], self.fields[name].help_text = told


class WebhookChangeForm(WebhookForm):
    """An empty secret keeps the stored one."""

    enabled = forms.BooleanField(required=False, label="Switched on")
    forget_secret = forms.BooleanField(required=False, label="Stop signing")

    def __init__(self, webhook: ServiceWebhook, *arguments: Any, **options: Any) -> None:
        kept = ("name", "channel", "url", "enabled", *EVENTS)
        options["initial"] = {name: getattr(webhook, name) for name in kept}
        super().__init__(WebhookType(webhook.type), *arguments, **options)
        if not webhook.secret:
            del self.fields["forget_secret"]

    def changes(self) -> dict[str, Any]:
        """What to save: the values that the form asked for."""
        values = dict(self.cleaned_data)
        if values.pop("forget_secret", False):
            values["secret"] = ""
        elif not values.get("secret"):
            values.pop("secret", None)
        return values
