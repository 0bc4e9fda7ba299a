"""Forms of one's own contact methods and rules."""

from collections.abc import Sequence
from typing import Any

from django import forms

from notifications.commands.rules import MAX_DELAY_MINUTES
from notifications.models import Channel, ContactMethod, NotificationRule

KINDS = [(Channel.EMAIL, "E-mail address"), (Channel.WEBHOOK, "Webhook (JSON by POST)")]


class MethodForm(forms.Form):
    channel = forms.ChoiceField(choices=KINDS, label="Kind")
    address = forms.CharField(
        max_length=500, help_text="me@example.com, or https://push.example.com/my-topic"
    )
    label = forms.CharField(max_length=60, required=False, help_text="Private phone, tablet …")
    secret = forms.CharField(
        max_length=200,
        required=False,
        label="Signing secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="For a webhook: every body is signed with it.",
    )


class RulesForm(forms.Form):
    """One number per contact method: minutes after the page, empty = not used."""

    def __init__(
        self,
        methods: Sequence[ContactMethod],
        rules: Sequence[NotificationRule],
        data: Any = None,
    ) -> None:
        super().__init__(data)
        self.methods = {method.public_id: method for method in methods}
        planned = {rule.contact_method_id: rule.delay_minutes for rule in rules}
        for name, method in self.methods.items():
            self.fields[name] = forms.IntegerField(
                required=False,
                min_value=0,
                max_value=MAX_DELAY_MINUTES,
                initial=planned.get(method.pk),
                label=str(method),
                help_text="minutes after the page",
            )

    def chosen(self) -> list[tuple[ContactMethod, int]]:
        """(method, delay) in order of delay, then as the methods stand in the profile."""
        filled = [
            (method, self.cleaned_data[name])
            for name, method in self.methods.items()
            if self.cleaned_data[name] is not None
        ]
        return sorted(filled, key=lambda pair: pair[1])
