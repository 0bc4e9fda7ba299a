"""Forms of provider accounts, generated from the fields that their kind declares."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import escape

from notifications.commands.providers import LABEL_LENGTH, TEXT_LENGTH
from notifications.domain.pace import MOST_PER_MINUTE
from notifications.models import ContactMethod
from notifications.providers.base import Field, Kind
from notifications.providers.fields import Value

LABEL = "account_label"
LIMIT = "per_minute"
CLEAR = "clear:"
KEEPS = "Set. Leave this empty to keep it."
ELSEWHERE = "another"


class ProviderForm(forms.Form):
    """One input per field; what the environment decides has none. A secret never comes back."""

    def __init__(
        self,
        kind: Kind,
        values: Sequence[Value],
        label: str = "",
        data: Any = None,
        per_minute: int = 0,
    ) -> None:
        super().__init__(data)
        self.fields[LABEL] = forms.CharField(
            label="Name",
            required=False,
            max_length=LABEL_LENGTH,
            initial=label,
            help_text=f"To tell it apart, such as “{kind.label} Europe”.",
        )
        for value in values:
            if not value.variable:
                self._add(value)
        self.fields[LIMIT] = forms.IntegerField(
            label="Messages a minute, at most (optional)",
            required=False,
            min_value=0,
            max_value=MOST_PER_MINUTE,
            initial=per_minute or None,
            help_text="What is over it takes the next account, or waits: urgent pages go first.",
        )

    def _add(self, value: Value) -> None:
        name, is_set = value.field.name, bool(value.text)
        self.fields[name] = _input(value)
        if value.field.secret and is_set and not value.field.required:
            self.fields[CLEAR + name] = forms.BooleanField(
                required=False, label=f"Remove: {value.field.label}"
            )

    def changes(self) -> dict[str, Any]:
        """What the commands take: `fields`, `clear`, `label` and `per_minute`."""
        given = dict(self.cleaned_data)
        label, limit = given.pop(LABEL), given.pop(LIMIT) or 0
        cleared = [name.removeprefix(CLEAR) for name in given if name.startswith(CLEAR)]
        clear = [name for name in cleared if given.pop(CLEAR + name)]
        return {"label": label, "fields": given, "clear": clear, "per_minute": limit}


class TestForm(forms.Form):
    """Whom a test goes to: one of the admin's own ways, or an address."""

    def __init__(self, methods: Sequence[ContactMethod], data: Any = None) -> None:
        super().__init__(data)
        self.methods = {method.public_id: method for method in methods}
        if methods:
            ways = [(key, method.label or method.where) for key, method in self.methods.items()]
            self.fields["method"] = forms.ChoiceField(
                choices=[*ways, (ELSEWHERE, "Another address")], required=False, label="To"
            )
        self.fields["address"] = forms.CharField(
            required=False, max_length=500, label="Another address" if methods else "To"
        )

    def target(self) -> dict[str, Any]:
        """`method` or `address`."""
        chosen = self.methods.get(self.cleaned_data.get("method", ""))
        address = "" if chosen else self.cleaned_data["address"]
        return {"method": chosen, "address": address}


def _input(value: Value) -> forms.Field:
    field = value.field
    label = field.label if field.required else f"{field.label} (optional)"
    common: dict[str, Any] = {"label": label, "help_text": _help(field, bool(value.text))}
    if field.choices:
        named = field.required or "" in dict(field.choices)
        choices = [*(() if named else (("", "—"),)), *field.choices]
        required, initial = field.required, value.text
        return forms.ChoiceField(choices=choices, required=required, initial=initial, **common)
    common |= {"max_length": TEXT_LENGTH, "required": field.required}
    if field.lines:
        common["widget"] = forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false"})
    if not field.secret:
        return forms.CharField(initial=value.text, **common)
    common["required"] = field.required and not value.text
    password = forms.PasswordInput({"autocomplete": "off"})
    return forms.CharField(**({"widget": password} | common))


def _help(field: Field, is_set: bool) -> str:
    hint = f"{KEEPS} {field.hint}".strip() if field.secret and is_set else field.hint
    return escape(hint)  # some name an address in angle brackets
