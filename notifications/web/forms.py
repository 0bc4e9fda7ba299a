"""Forms of one's own contact methods and rules."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from notifications import accounts
from notifications.commands.rules import MAX_REPEAT_MINUTES, MAX_REPEATS, RuleSpec
from notifications.domain.readiness import Service
from notifications.models import OFFERED, Channel, ContactMethod, NotificationRule

# A line under the bell is no way to reach somebody; a device adds itself in its own browser.
NOT_TYPED = {Channel.IN_APP, Channel.PUSH}
KINDS = {
    Channel.EMAIL: "E-mail address",
    Channel.WEBHOOK: "Webhook (JSON by POST)",
    Channel.SMS: "SMS to a telephone",
    Channel.VOICE: "Call to a telephone",
    Channel.SLACK: "Slack (member ID)",
    Channel.TELEGRAM: "Telegram (chat number)",
    Channel.NTFY: "ntfy (topic)",
    Channel.PUSHOVER: "Pushover (user key)",
}
MINUTES = RegexValidator(
    re.compile(r"^\s*\d{1,4}(\s*,\s*\d{1,4})*\s*$"), "Enter minutes, such as 0 or 0, 10, 20"
)


def channels_on_offer(now: datetime) -> tuple[list[tuple[str, str]], list[str]]:
    """Kinds of ways that work here, and names of those that wait for an admin to set them up."""
    typed = [channel for channel in OFFERED if channel not in NOT_TYPED]
    served = accounts.services(now)
    ready = [one for one in typed if one == Channel.EMAIL or served[one] is not Service.NONE]
    missing = [str(one.label) for one in typed if one not in ready]
    return [(one.value, KINDS.get(one, f"{one.label} (address)")) for one in ready], missing


class MethodForm(forms.Form):
    channel = forms.ChoiceField(label="Kind")
    address = forms.CharField(
        max_length=500,
        help_text="+49 151 23456789, me@example.com, https://push.example.com/my-topic …",
    )
    label = forms.CharField(max_length=60, required=False, help_text="Private phone, tablet …")
    secret = forms.CharField(
        max_length=200,
        required=False,
        label="Signing secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="For a webhook: every body is signed with it.",
    )

    def __init__(self, kinds: Sequence[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        self.fields["channel"].choices = kinds  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=20,
        label="Six digits",
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )


class RulesForm(forms.Form):
    """Three fields per contact method: minutes after the page (empty = not used), repetitions."""

    def __init__(
        self,
        methods: Sequence[ContactMethod],
        rules: Sequence[NotificationRule],
        data: Any = None,
    ) -> None:
        super().__init__(data)
        self.methods = {method.public_id: method for method in methods}
        for name, method in self.methods.items():
            mine = [rule for rule in rules if rule.contact_method_id == method.pk]
            self.fields[name] = forms.CharField(
                required=False,
                max_length=60,
                validators=[MINUTES],
                initial=", ".join(str(rule.delay_minutes) for rule in mine),
                label=str(method),
                help_text="Minutes after the page; several with commas; empty: not used",
            )
            again = next((rule for rule in reversed(mine) if rule.repeat_times), None)
            self.fields[f"{name}-times"] = _number(
                "Again, times", MAX_REPEATS, again and again.repeat_times
            )
            self.fields[f"{name}-every"] = _number(
                "Every … minutes", MAX_REPEAT_MINUTES, again and again.repeat_minutes
            )

    def groups(self) -> list[tuple[ContactMethod, Any, Any, Any]]:
        """The fields as they stand together: method, minutes, times, every."""
        return [
            (method, self[name], self[f"{name}-times"], self[f"{name}-every"])
            for name, method in self.methods.items()
        ]

    def chosen(self) -> list[RuleSpec]:
        """In order of delay, then as the methods stand; the last minute of a way is repeated."""
        specs = [spec for name, method in self.methods.items() for spec in self._of(name, method)]
        return sorted(specs, key=lambda spec: spec.delay)

    def _of(self, name: str, method: ContactMethod) -> list[RuleSpec]:
        text = self.cleaned_data.get(name) or ""
        minutes = sorted({int(part) for part in text.split(",") if part.strip()})
        specs = [RuleSpec(method, minute) for minute in minutes]
        times = self.cleaned_data.get(f"{name}-times") or 0
        every = self.cleaned_data.get(f"{name}-every") or 0
        return specs[:-1] + [spec._replace(times=times, every=every) for spec in specs[-1:]]


def _number(label: str, most: int, initial: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        required=False, min_value=0, max_value=most, initial=initial, label=label
    )
