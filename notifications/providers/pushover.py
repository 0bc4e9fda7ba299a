"""Pushover: https://pushover.net/api. High pages repeat until acknowledged, with a receipt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.channels.base import Account, ChannelError, Outgoing, Sent
from notifications.channels.pushover import EMERGENCY, Alarm
from notifications.domain.words import Channel
from notifications.providers import calls
from notifications.providers.base import Field, Kind, account_of

API = "https://api.pushover.net"
WHO = "Pushover"
REPEAT_SECONDS = 60
EXPIRE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ReceiptState:
    """What became of an emergency: acknowledged by which user key, or expired unseen."""

    acknowledged: bool
    by: str
    over: bool


def send_alarm(rendered: Alarm, outgoing: Outgoing) -> Sent:
    """Raises ChannelError. The reference is the receipt of an emergency, else empty."""
    account = account_of(outgoing)
    if rendered.ends:
        cancel(account, rendered.ends)
        return Sent("the alarm was ended")
    form = {
        "token": account.fields["token"],
        "user": outgoing.address,
        "title": rendered.title,
        "message": rendered.text,
        "priority": str(rendered.priority),
    }
    if rendered.url:
        form |= {"url": rendered.url, "url_title": rendered.url_title}
    if rendered.priority == EMERGENCY:
        form |= {"retry": str(REPEAT_SECONDS), "expire": str(EXPIRE_SECONDS)}
        if outgoing.origin:
            form["callback"] = f"{outgoing.origin}/api/inbound/pushover/{account.key}"
    answer = calls.post_form(f"{_base(account)}/1/messages.json", form)
    if answer.ok and answer.json.get("status") == 1:
        return Sent("accepted by Pushover", reference=str(answer.json.get("receipt") or ""))
    raise _refused(answer)


def receipt(account: Account, reference: str) -> ReceiptState:
    """Asks what became of an emergency: a callback proves nothing by itself."""
    url = f"{_base(account)}/1/receipts/{reference}.json?token={account.fields['token']}"
    answer = calls.call("GET", url)
    if not answer.ok:
        raise _refused(answer)
    return ReceiptState(
        acknowledged=answer.json.get("acknowledged") == 1,
        by=str(answer.json.get("acknowledged_by") or ""),
        over=answer.json.get("expired") == 1,
    )


def cancel(account: Account, reference: str) -> None:
    """Ends the repetition on the phone. Raises ChannelError."""
    url = f"{_base(account)}/1/receipts/{reference}/cancel.json"
    answer = calls.post_form(url, {"token": account.fields["token"]})
    if not answer.ok:
        raise _refused(answer)


def _base(account: Account) -> str:
    return (account.fields.get("base_url") or API).rstrip("/")


def _refused(answer: calls.Answer) -> ChannelError:
    """A wrong user key is the person's; a wrong token or a used-up quota the account's."""
    said = "; ".join(_errors(answer.json))
    return calls.refused(WHO, answer, said, bad_address=answer.json.get("user") == "invalid")


def _errors(body: Mapping[str, Any]) -> list[str]:
    errors = body.get("errors")
    return [str(error) for error in errors] if isinstance(errors, list) else []


KIND = Kind(
    key="pushover",
    label="Pushover",
    sends={Channel.PUSHOVER: send_alarm},
    fields=(
        Field(
            "token", "Application token", hint="pushover.net, Create an Application", secret=True
        ),
        Field(
            "base_url",
            "API address",
            hint="Only for a proxy or a test server",
            required=False,
            leads=True,
        ),
    ),
    guide="providers/pushover.md",
)
