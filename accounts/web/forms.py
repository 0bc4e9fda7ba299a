"""Forms of accounts. They check shape; the commands decide."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm, ResetPasswordForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_q.tasks import async_task

from accounts import throttle
from accounts.domain import zones
from accounts.domain.roles import SCOPES
from accounts.models import Role, Team, TeamRole, User, check_time_zone
from core import clock, language

THEMES = [("", "Like the system"), ("light", "Light"), ("dark", "Dark")]
LIFETIMES = [("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")]


class ZoneSelect(forms.Select):
    """Hundreds of options, written at once: a template for each would take 200 ms."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        names = zones.offered()
        if value and value not in names:
            names = (value, *names)  # a zone that only old programs know is kept
        rows = ((zone, " selected" if zone == value else "", zone) for zone in names)
        options = format_html_join("", '<option value="{}"{}>{}</option>', rows)
        own = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<select{}>{}</select>", own, options)


class TimeZoneField(forms.CharField):
    widget = ZoneSelect

    def __init__(self, **options: Any) -> None:
        super().__init__(label="Time zone", initial="UTC", **options)

    def clean(self, value: Any) -> str:
        zone = super().clean(value)
        check_time_zone(zone)
        return zone


class SetupForm(forms.Form):
    name = forms.CharField(max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )
    public_url = forms.CharField(
        label="Address of this installation",
        max_length=200,
        help_text="Every link that is sent begins with it.",
        widget=forms.URLInput({"inputmode": "url"}),
    )
    token = forms.CharField(
        label="Set-up token",
        help_text="Printed when OpsKnight started.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    time_zone = TimeZoneField()

    def __init__(self, *args: Any, ask_origin: bool, ask_token: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_origin:
            del self.fields["public_url"]
        if not ask_token:
            del self.fields["token"]
        if not self.is_bound:  # what was chosen once is not guessed again
            self.fields["time_zone"].widget.attrs["data-guess-zone"] = True


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autofocus"] = True


class ConfirmPasswordForm(ReauthenticateForm):
    """Is it still you? Asked before what protects the account is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = self.fields["password"].widget
        widget.attrs.pop("placeholder", None)
        widget.attrs["autofocus"] = True


class ResetForm(ResetPasswordForm):
    """Does the same for every address: whether it is known shows neither in text nor in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail"
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email = self.cleaned_data["email"]
        if throttle.may_mail_reset(email, str(getattr(request, "ip", "")), clock.now()):
            async_task("accounts.tasks.mail_reset_link", email)
        return email


class ChoosePasswordForm(forms.Form):
    """Of the invitation page; the person is known from the link."""

    password = forms.CharField(
        strip=False,
        max_length=128,
        help_text="At least 10 characters. A few unrelated words are good.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same once more",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.person)
        return self.cleaned_data["password"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("again") and values.get("password", values["again"]) != values["again"]:
            self.add_error("again", "The two are not the same")
        return values


class InviteForm(forms.Form):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(label="E-mail", max_length=254)
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.RESPONDER,
        help_text="Responders take incidents and edit schedules; users see their teams' incidents.",
    )
    time_zone = TimeZoneField()


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=120)
    time_zone = TimeZoneField(help_text="Times on all pages are shown in it.")
    language = forms.ChoiceField(
        choices=[("", "As this installation"), *language.NAMES.items()],
        required=False,
        label="Language of messages",
        help_text="Messages and calls speak it. What you see here stays English.",
    )
    theme = forms.ChoiceField(choices=THEMES, required=False)


class AddressForm(forms.Form):
    """A new address. The password shows that whoever sits here is its owner."""

    email = forms.EmailField(
        label="New e-mail address",
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    password = forms.CharField(
        label="Your password",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class PersonForm(forms.Form):
    """What an admin may correct for somebody else."""

    name = forms.CharField(max_length=120)
    time_zone = TimeZoneField()


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class TeamForm(forms.Form):
    name = forms.CharField(max_length=120)
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )


class AddMemberForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.none(), to_field_name="public_id", label="Person", empty_label="Choose"
    )
    role = forms.ChoiceField(choices=TeamRole.choices, initial=TeamRole.MEMBER)

    def __init__(self, *args: Any, team: Team, governs: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = team.memberships.values("user_id")
        people = User.objects.pageable().exclude(pk__in=members)
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
        if not governs:
            del self.fields["role"]


class MemberForm(forms.Form):
    role = forms.ChoiceField(choices=TeamRole.choices)
    receives_pages = forms.BooleanField(required=False, label="Paged with the team")


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="Where it is used, e.g. “Terraform”.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning}") for scope, meaning in SCOPES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nothing ticked means events:write. Your own role limits the key as well.",
    )
    lifetime = forms.ChoiceField(choices=LIFETIMES, required=False, label="Ends")

    def expires_at(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["lifetime"]
        return now + timedelta(days=int(days)) if days else None
