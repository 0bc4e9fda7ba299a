"""How allauth behaves here: closed sign-up, slow guessing, uniform answers, own paths only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import commands, throttle
from accounts.models import User
from core import clock, crypto, web

WRONG = "The e-mail address or the password is not right, or the account is not active."
TOO_EARLY = "Too many attempts. Try again in %d s, or ask for a reset link."
# What allauth tells of -> the notice of accounts.mail. A password is told of by its command.
TOLD = {
    "mfa/email/totp_activated": "second_factor_on",
    "mfa/email/totp_deactivated": "second_factor_off",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": WRONG,
        "account_inactive": WRONG,
        "too_early": TOO_EARLY,
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only paths of our own: no scheme, no host, nothing a browser could read as one."""
        if not url or not url.startswith("/") or "\\" in url or not url.isprintable():
            return False
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(request.ip)  # type: ignore[attr-defined]  # set by core.middleware

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuses a guess that comes too early, alike for known and unknown accounts."""
        account = credentials.get("email", "")
        wait = throttle.begin(account, self.get_client_ip(request), clock.now())
        if wait:
            raise self.validation_error("too_early", wait)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user = super().authenticate(request, **credentials)
        if user is None:
            return None
        if not user.is_active:  # whoever knows the password learns no more than a stranger
            self.authentication_failed(request, **credentials)
            return None
        throttle.succeeded(credentials.get("email", ""), self.get_client_ip(request))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        throttle.failed(self.get_client_ip(request), clock.now())

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)  # gives the session a new id
        commands.note_sign_in(user, by=web.actor_of(request), now=clock.now())

    def set_password(self, user: User, password: str) -> None:
        ip, request_id = self.get_client_ip(self.request), getattr(self.request, "id", "")
        by = user.as_actor("web", ip, request_id)
        commands.set_password(user, password, by=by, now=clock.now())
        throttle.succeeded(user.email, ip)
        if not self.request.user.is_authenticated:  # by a reset link, which was mailed
            commands.mailbox_proven(user, clock.now())

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        if getattr(request.user, "must_change_password", False):
            return reverse("account_change_password")
        return super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account:profile")

    def send_notification_mail(
        self, template_prefix: str, user: User, context: Any = None, email: str | None = None
    ) -> None:
        """allauth's word that a credential changed: into the audit log and into our own mail."""
        notice = TOLD.get(template_prefix)
        if notice:
            commands.tell_owner(user, notice, by=web.actor_of(self.request), now=clock.now())

    def format_email_subject(self, subject: str) -> str:
        return subject  # the default puts the Host header in front of it


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are ciphertext in the database."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or was used already. Wait for the next one.",
        "too_early": TOO_EARLY,
    }

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)
