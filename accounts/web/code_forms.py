"""Forms for the six digits of an authenticator app, with our own brake on guessing."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from accounts import throttle
from core import clock


class _Code(forms.Form):
    """Looks for digits, counts guesses, and lets a code open once."""

    user: Any
    authenticator: Authenticator | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = "Code"
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs |= {"inputmode": "numeric", "autofocus": True, "spellcheck": "false"}

    def clean_code(self) -> str:
        ip, now = str(getattr(context.request, "ip", "")), clock.now()
        wait = throttle.begin_code(self.user.pk, ip, now)
        if wait:
            raise get_adapter().validation_error("too_early", wait)
        try:
            code = super().clean_code()  # type: ignore[misc]  # of the form that it is mixed into
        except forms.ValidationError:
            throttle.failed(ip, now)
            raise
        if not self._is_fresh(code):
            raise get_adapter().validation_error("incorrect_code")
        throttle.code_was_right(self.user.pk, ip)
        return code

    def _is_fresh(self, code: str) -> bool:
        """Recovery codes are struck out in their row already."""
        used = self.authenticator
        if used is not None and used.type == Authenticator.Type.RECOVERY_CODES:
            return True
        return throttle.first_use(self.user.pk, code, clock.now())


class SignInCodeForm(_Code, AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.help_text = "From your authenticator app, or one of your recovery codes."


class ConfirmCodeForm(_Code, ReauthenticateForm):
    """The same, to confirm that it is still you."""


class ActivateForm(_Code, ActivateTOTPForm):
    """The first code proves that the app has the secret."""
