"""Vonage: SMS by its SMS API, calls by its Voice API, with receipts to our own address."""

import secrets
from collections.abc import Mapping

from core import clock
from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.channels.sms import Text
from notifications.commands import callbacks
from notifications.domain import gsm, ncco, vonage_codes
from notifications.domain.speech import Speech
from notifications.domain.words import Channel
from notifications.providers import calls, jwt
from notifications.providers.base import Field, Kind, account_of

SMS_API = "https://rest.nexmo.com"
VOICE_API = "https://api.nexmo.com"
CALLBACKS = "/api/inbound/vonage"
RING_SECONDS = 40
LONGEST_CALL_SECONDS = 180
TOKEN_SECONDS = 300


def send_sms(rendered: Text, outgoing: Outgoing) -> Sent:
    """One request may become several messages: it was accepted when none of them was refused."""
    fields = account_of(outgoing).fields
    sender = fields.get("from_number", "")
    if not sender:
        raise _incomplete("no sender for SMS")
    # Answers to us are believed only when they are signed.
    answerable = outgoing.origin and fields.get("signature_secret") and sender.startswith("+")
    body = rendered.body if answerable else rendered.mute
    values = {
        "api_key": fields.get("api_key", ""),
        "api_secret": fields.get("api_secret", ""),
        "from": sender.removeprefix("+"),
        "to": outgoing.address.removeprefix("+"),
        "text": body,
        "type": "text" if gsm.is_packed(body) else "unicode",
        "client-ref": str(outgoing.delivery_id),
    }
    if outgoing.origin:
        values["callback"] = _callback(outgoing, "status")
    base = (fields.get("base_url") or SMS_API).rstrip("/")
    answer = calls.post_json(f"{base}/sms/json", values, {"Accept": "application/json"})
    if not answer.ok:
        raise calls.refused("Vonage", answer)
    return _accepted(answer)


def _accepted(answer: calls.Answer) -> Sent:
    parts = answer.json.get("messages")
    if (
        not isinstance(parts, list)
        or not all(isinstance(part, dict) for part in parts)
        or not parts
    ):
        raise ChannelError("Vonage: the answer cannot be understood", maybe_sent=True)
    for at, part in enumerate(parts):
        code = str(part.get("status", ""))
        if code != "0":
            raise _refused(code, answer, maybe_sent=at > 0)
    return Sent("accepted by Vonage", reference=str(parts[0].get("message-id", ""))[:120])


def _refused(code: str, answer: calls.Answer, *, maybe_sent: bool) -> ChannelError:
    known = vonage_codes.verdict(code)
    return ChannelError(
        f"Vonage {code[:20]}: {known.hint}",
        permanent=not known.again,
        provider_fault=known.provider_fault,
        retry_after=1.0 if known.again else None,
        maybe_sent=maybe_sent,
        answer=answer.text[: calls.ANSWER_LENGTH],
    )


def send_voice(rendered: Speech, outgoing: Outgoing) -> Sent:
    """The words travel with the order, so that they are said even if we cannot be reached then."""
    fields = account_of(outgoing).fields
    caller = fields.get("voice_from") or fields.get("from_number", "")
    if not caller.startswith("+"):
        raise _incomplete("no number to call from")
    # Keys would be refused: nothing could prove that Vonage sent them.
    listening = bool(outgoing.origin and fields.get("signature_secret"))
    order = {
        "to": [{"type": "phone", "number": outgoing.address.removeprefix("+")}],
        "from": {"type": "phone", "number": caller.removeprefix("+")},
        "ncco": ncco.call(rendered, _callback(outgoing, "keys") if listening else ""),
        "ringing_timer": RING_SECONDS,
        "length_timer": LONGEST_CALL_SECONDS,
    }
    if listening:
        order |= {"event_url": [_callback(outgoing, "call")], "event_method": "POST"}
    if fields.get("machine_detection") == "on":
        order["machine_detection"] = "continue"
    base = (fields.get("base_url") or VOICE_API).rstrip("/")
    headers = {"Authorization": f"Bearer {_token(fields)}"}
    answer = calls.post_json(f"{base}/v1/calls", order, headers)
    if not answer.ok:
        raise calls.refused("Vonage", answer, str(answer.json.get("title", "")))
    return Sent("accepted by Vonage", reference=str(answer.json.get("uuid", ""))[:120])


def _token(fields: Mapping[str, str]) -> str:
    application, key = fields.get("application_id", ""), fields.get("private_key", "")
    if not application or not key:
        raise _incomplete("the application or its private key is missing")
    now = int(clock.now().timestamp())
    claims = {
        "application_id": application,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": secrets.token_hex(16),
    }
    try:
        return jwt.rs256(claims, key)
    except ValueError as error:
        raise _incomplete("the private key cannot be read") from error


def _callback(outgoing: Outgoing, what: str) -> str:
    token = callbacks.token_of(outgoing.delivery_id)
    return f"{outgoing.origin}{CALLBACKS}/{what}/{token}" if outgoing.origin else ""


def _incomplete(what: str) -> ChannelError:
    return ChannelError(f"Vonage account: {what}", permanent=True, provider_fault=True)


FIELDS = (
    Field("api_key", "API key", "Vonage Dashboard, API settings"),
    Field("api_secret", "API secret", "Beside the key", secret=True),
    Field("from_number", "SMS sender", "A number with + in front, or a name", required=False),
    Field(
        "signature_secret",
        "Signature secret",
        "API settings; proves receipts, answers and keys, which are refused without it",
        secret=True,
        required=False,
    ),
    Field(
        "application_id", "Application ID", "For calls: an application with voice", required=False
    ),
    Field(
        "private_key",
        "Private key",
        "For calls: the whole file private.key of the application",
        secret=True,
        required=False,
        lines=True,
    ),
    Field("voice_from", "Number that calls", "When it is not the SMS sender", required=False),
    Field(
        "machine_detection",
        "Tell people from answering machines",
        "Costs extra; without it a voice mailbox that answers counts as seen",
        required=False,
        choices=(("", "No"), ("on", "Yes")),
    ),
    Field(
        "base_url", "API address", "Only for a proxy or a test server", required=False, leads=True
    ),
)

KIND = Kind(
    key="vonage",
    label="Vonage",
    sends={Channel.SMS: send_sms, Channel.VOICE: send_voice},
    fields=FIELDS,
    guide="providers/vonage.md",
)
