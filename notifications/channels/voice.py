"""Phone call: says what broke and takes a key. Each provider puts the words into its own form."""

from django.utils.translation import gettext as _

from notifications.channels.base import Outgoing, Sent
from notifications.domain.message import Message
from notifications.domain.speech import Speech, speech_of
from notifications.domain.words import Channel
from notifications.providers import base as providers


def render(message: Message) -> Speech:
    return speech_of(message, _)


def send(rendered: Speech, outgoing: Outgoing) -> Sent | str:
    return providers.send(Channel.VOICE, rendered, outgoing)


def provider(address: str) -> str:
    """Always through an account."""
    return ""
