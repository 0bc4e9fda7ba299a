"""The Slack app for the door at which Slack calls: who signed, who a member is, what to answer."""

import hmac
import logging
from hashlib import sha256
from urllib.parse import urlsplit

from accounts.models import User, UserStatus
from notifications.channels import calls
from notifications.channels.base import Account, ChannelError
from notifications.commands import vendors
from notifications.providers import slack as app

log = logging.getLogger(__name__)

KIND = "slack"
TOLERANCE_SECONDS = 300  # https://docs.slack.dev/authentication/verifying-requests-from-slack
ANSWERS = "hooks.slack.com"
LOOK_UP_SECONDS = 1.2  # both together leave room in the three seconds that Slack waits
ANSWER_SECONDS = 1.0


class Unanswered(Exception):
    """Slack did not tell in time, or its token does not work any more."""


def signer(body: bytes, stamp: str, signature: str, *, now: float) -> Account | None:
    """The account whose signing secret made the signature; None for a stranger or an old call."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        return None
    if abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return None
    signed = b"v0:" + stamp.encode() + b":" + body
    given = signature.encode("utf-8", "replace")
    found = None
    for account in vendors.enabled(KIND):
        secret = account.fields.get("signing_secret", "")
        expected = "v0=" + hmac.new(secret.encode(), signed, sha256).hexdigest()
        if secret and hmac.compare_digest(expected.encode(), given):
            found = account
    return found


def person_by_mail(account: Account, member: str) -> User | None:
    """The person whose account has the address that Slack knows of the member.

    Raises Unanswered.
    """
    try:
        email = app.member_email(account, member, seconds=LOOK_UP_SECONDS)
    except ChannelError as error:
        raise Unanswered(error.reason) from error
    if not email:
        return None
    people = User.objects.filter(email__iexact=email).exclude(status=UserStatus.DISABLED)
    found = list(people[:2])
    return found[0] if len(found) == 1 else None


def tell(account: Account, response_url: str, text: str) -> bool:
    """Says something that only the member who clicked can see; False when it could not be said."""
    if not may_answer(account, response_url):
        log.warning("Slack asked for an answer at an address that is not its own")
        return False
    body = {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    }
    try:
        answer = calls.call(response_url, body, timeout=ANSWER_SECONDS)
    except ChannelError as error:
        log.warning("Slack could not be answered: %s", error.reason)
        return False
    return calls.is_success(answer)


def may_answer(account: Account, response_url: str) -> bool:
    """Slack's own host by https, or the host that stands in for it."""
    parts = urlsplit(response_url)
    stand_in = urlsplit(account.fields.get("base_url", ""))
    if stand_in.netloc and (parts.scheme, parts.netloc) == (stand_in.scheme, stand_in.netloc):
        return True
    return parts.scheme == "https" and parts.netloc == ANSWERS
