"""Twilio: SMS, calls and WhatsApp by its REST API of 2010, with receipts to our own address."""

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from notifications.channels.base import ChannelError, Outgoing, Sent
from notifications.channels.sms import Text
from notifications.channels.whatsapp import Variables
from notifications.domain import twilio_codes, twiml
from notifications.domain.speech import Speech
from notifications.domain.words import Channel
from notifications.providers import calls
from notifications.providers.base import Field, Kind, account_of

API = "https://api.twilio.com"
CALLBACKS = "/api/inbound/twilio"
RING_SECONDS = "40"
LONGEST_CALL_SECONDS = "180"


def send_sms(rendered: Text, outgoing: Outgoing) -> Sent:
    fields = account_of(outgoing).fields
    sender = _sms_sender(fields)
    # Names as senders cannot be answered, and without our address an answer reaches nobody.
    answerable = bool(outgoing.origin) and not sender.get("From", "+").isalnum()
    body = rendered.body if answerable else rendered.mute
    return _message(outgoing, {"To": outgoing.address, "Body": body, **sender})


def send_whatsapp(rendered: Variables, outgoing: Outgoing) -> Sent:
    fields = account_of(outgoing).fields
    sender, template = fields.get("whatsapp_from", ""), fields.get("whatsapp_content_sid", "")
    if not sender or not template:
        raise _incomplete("the WhatsApp sender or the template is missing")
    values = {
        "To": f"whatsapp:{outgoing.address}",
        "From": f"whatsapp:{sender.removeprefix('whatsapp:')}",
        "ContentSid": template,
        "ContentVariables": json.dumps(rendered.numbered()),
    }
    return _message(outgoing, values)


def send_voice(rendered: Speech, outgoing: Outgoing) -> Sent:
    """The words travel with the order, so that they are said even if we cannot be reached then."""
    fields = account_of(outgoing).fields
    caller = fields.get("voice_from") or fields.get("from_number", "")
    if not caller.startswith("+"):
        raise _incomplete("no number to call from")
    action = _callback(outgoing, "keys")
    values = {
        "To": outgoing.address,
        "From": caller,
        "Twiml": twiml.call(rendered, action),
        "Timeout": RING_SECONDS,
        "TimeLimit": LONGEST_CALL_SECONDS,
    }
    if action:
        values |= {"StatusCallback": _callback(outgoing, "call"), "StatusCallbackMethod": "POST"}
    if fields.get("machine_detection") == "on":
        values["MachineDetection"] = "Enable"
    events = [("StatusCallbackEvent", name) for name in ("answered", "completed") if action]
    return _post(outgoing, "Calls", [*values.items(), *events])


def _message(outgoing: Outgoing, values: Mapping[str, str]) -> Sent:
    receipts = _callback(outgoing, "status")
    more = {"StatusCallback": receipts} if receipts else {}
    return _post(outgoing, "Messages", [*values.items(), *more.items()])


def _post(outgoing: Outgoing, what: str, values: list[tuple[str, str]]) -> Sent:
    fields = account_of(outgoing).fields
    sid, token = fields.get("account_sid", ""), fields.get("auth_token", "")
    base = (fields.get("base_url") or API).rstrip("/")
    url = f"{base}/2010-04-01/Accounts/{quote(sid, safe='')}/{what}.json"
    headers = {"Authorization": calls.basic(sid, token), "Content-Type": calls.FORM}
    answer = calls.call("POST", url, headers=headers, content=urlencode(values).encode())
    if not answer.ok:
        raise _refused(answer)
    return Sent("accepted by Twilio", reference=str(answer.json.get("sid", ""))[:120])


def _refused(answer: calls.Answer) -> ChannelError:
    code = answer.json.get("code")
    if not isinstance(code, int):
        return calls.refused("Twilio", answer)
    known = twilio_codes.verdict(code)
    again = known.again or answer.status == 429 or answer.status >= 500
    return ChannelError(
        f"Twilio {code}: {known.hint}",
        permanent=not again,
        provider_fault=known.provider_fault or again,
        retry_after=calls.wait_of(answer.headers.get("Retry-After")),
        answer=answer.text[: calls.ANSWER_LENGTH],
        throttled=answer.status == calls.THROTTLED,
    )


def _sms_sender(fields: Mapping[str, str]) -> dict[str, str]:
    if service := fields.get("messaging_service_sid"):
        return {"MessagingServiceSid": service}
    if number := fields.get("from_number"):
        return {"From": number}
    raise _incomplete("no number and no messaging service to send from")


def _callback(outgoing: Outgoing, what: str) -> str:
    """Twilio signs the whole address, and so the delivery in it."""
    origin = outgoing.origin
    return f"{origin}{CALLBACKS}/{what}/{outgoing.delivery_id}" if origin else ""


def _incomplete(what: str) -> ChannelError:
    return ChannelError(f"Twilio account: {what}", permanent=True, provider_fault=True)


FIELDS = (
    Field(
        "account_sid",
        "Account SID",
        "Twilio Console, Account Info; begins with AC",
        begins="AC",
        env="TWILIO_ACCOUNT_SID",
    ),
    Field(
        "auth_token",
        "Auth token",
        "Beside the SID; it also proves receipts",
        secret=True,
        env="TWILIO_AUTH_TOKEN",
    ),
    Field(
        "from_number",
        "SMS sender",
        "Your Twilio number, with + in front",
        required=False,
        env="TWILIO_FROM_NUMBER",
    ),
    Field(
        "messaging_service_sid",
        "Messaging service SID",
        "Instead of the sender; begins with MG",
        required=False,
        begins="MG",
    ),
    Field("voice_from", "Number that calls", "When it is not the SMS sender", required=False),
    Field("whatsapp_from", "WhatsApp sender", "+ and country code", required=False),
    Field(
        "whatsapp_content_sid",
        "WhatsApp template",
        "SID of the approved content template with 4 variables; begins with HX",
        required=False,
        begins="HX",
    ),
    Field(
        "machine_detection",
        "Tell people from answering machines",
        "Costs extra at Twilio; without it a voice mailbox that answers counts as seen",
        required=False,
        choices=(("", "No"), ("on", "Yes")),
    ),
    Field(
        "base_url",
        "API address",
        "Only for a proxy or a test server",
        required=False,
        leads=True,
        env="TWILIO_API_BASE",
    ),
)

KIND = Kind(
    key="twilio",
    label="Twilio",
    sends={
        Channel.SMS: send_sms,
        Channel.VOICE: send_voice,
        Channel.WHATSAPP: send_whatsapp,
    },
    fields=FIELDS,
    guide="providers/twilio.md",
)
