"""Forms of the settings."""

from typing import Any

from django import forms

from accounts.models import User
from core import config, language
from dashboard.commands import EDITABLE, KEPT, MOST_DAYS

IS_SET = "Set. Leave this empty to keep it."


def _days(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=MOST_DAYS)


class SettingsForm(forms.Form):
    """Fields that the environment overrides are left out: they could not be saved."""

    organisation = forms.CharField(
        required=False,
        max_length=60,
        label="Organisation",
        help_text="Stands above the navigation, and below the icon on a phone.",
    )
    public_url = forms.CharField(
        required=False,
        max_length=300,
        label="Public address",
        help_text="In every link that is sent. Empty: the local address.",
        widget=forms.URLInput(attrs={"placeholder": "https://pager.example.com"}),
    )
    email_url = forms.CharField(
        required=False,
        max_length=500,
        label="Mail server",
        widget=forms.PasswordInput(
            attrs={
                "autocomplete": "off",
                "placeholder": "smtp+tls://user:password@mail.example.com:587",
            }
        ),
        help_text="smtp:// in the clear, smtp+tls:// with STARTTLS, smtps:// encrypted throughout.",
    )
    forget_email_url = forms.BooleanField(required=False, label="Remove the mail server")
    mail_from = forms.CharField(max_length=320, label="Sender of mail")
    language = forms.ChoiceField(
        required=False,  # a page that was open before there was a choice has none
        choices=list(language.NAMES.items()),
        label="Language of messages",
        help_text="For whoever chose none, and in chats of services. Pages stay English.",
    )
    fallback_users = forms.ModelMultipleChoiceField(
        User.objects.active(),
        label="Fallback contacts",
        widget=forms.CheckboxSelectMultiple,
        help_text="Paged on all their channels when a policy ends without an answer.",
    )
    public_boards = forms.BooleanField(
        required=False,
        label="Allow public boards",
        help_text="Links that show who is on call, names only, to whoever knows the address.",
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={name: config.get(name) for name in EDITABLE})
        for name in KEPT:
            self.fields[name] = _days(config.REGISTRY[name].meaning)
        self.initial["email_url"] = ""  # a secret never travels back to the browser
        for name in EDITABLE:
            if config.from_environment(name) is not None:
                del self.fields[name]
        if not config.get("email_url") or "email_url" not in self.fields:
            self.fields.pop("forget_email_url")
        else:
            self.fields["email_url"].help_text = IS_SET

    def changes(self) -> dict[str, Any]:
        """What is to be written, by name of the setting; a number left empty stays as it is."""
        wanted = {name: value for name, value in self.cleaned_data.items() if value is not None}
        forget = wanted.pop("forget_email_url", False)
        if not wanted.get("language"):
            wanted.pop("language", None)
        if "email_url" in wanted and not wanted["email_url"] and not forget:
            del wanted["email_url"]
        if forget:
            wanted["email_url"] = ""
        if "fallback_users" in wanted:
            wanted["fallback_users"] = [user.pk for user in wanted["fallback_users"]]
        return wanted
