"""A channel speaks the language of its message: every word of ours, and in calls the voice too."""

import pytest
from django.utils.translation import gettext

from core import language
from notifications.channels import email, push, slack, sms, voice, whatsapp
from notifications.channels.base import module
from notifications.domain import gsm, ncco, twiml
from notifications.domain.message import Action, Message
from notifications.domain.words import Channel
from scripts import texts

PAGER = "https://pager.example.com"


def german_page(**more: object) -> Message:
    values = {
        "kind": "page",
        "subject_id": "42",
        "title": "#42 Kasse steht",
        "facts": (("Dienst", "Zahlung"), ("Dringlichkeit", "HOCH"), ("Seit", "Mo, 02.03.2026")),
        "details": (("cpu", "95"),),
        "url": f"{PAGER}/incidents/42/",
        "actions": (
            Action("Bestätigen", f"{PAGER}/a/t0ken/"),
            Action("Vorfall öffnen", f"{PAGER}/incidents/42/", "secondary"),
        ),
        "urgency": "HIGH",
        "tag": "HOCH",
        "language": "de",
        "service": "Zahlung",
        "since": "Mo, 02.03.2026",
        "state": "triggered",
    }
    return Message(**{**values, **more})


@pytest.mark.parametrize("kind", ["page", "news", "service_event", "test"])
@pytest.mark.parametrize("channel", list(Channel))
def test_nothing_of_ours_is_english_in_a_german_message(channel: str, kind: str):
    path = texts.LOCALE / "de" / "LC_MESSAGES" / "django.po"
    english = [
        str(one.id)
        for one in texts.read(path)
        if one.id != one.string and " " in str(one.id)[1:-1] and "{" not in str(one.id)
    ]
    with language.speaking("de"):
        shown = repr(module(channel).render(german_page(kind=kind)))
    assert not [words for words in english if words in shown]


def test_words_of_channels():
    page = german_page()
    with language.speaking("de"):
        mail, sent = email.render(page), push.render(page)
        assert "DRINGEND: #42" in mail.text and '<html lang="de">' in mail.html
        assert "Antwort 1 42 = bestätigen" in sms.render(page).body
        assert whatsapp.render(page).status.startswith("Dringlichkeit HOCH - seit Mo")
        assert slack.render(page).text == "Neuer Vorfall: #42 Kasse steht"
        assert (sent.title, sent.say["acknowledge"]) == ("KRITISCH • Zahlung", "Bestätigen")


def test_a_call_is_spoken_by_a_voice_of_its_language():
    with language.speaking("de"):
        speech = voice.render(german_page())
    assert speech.text.startswith("Hier ist OpsKnight. Vorfall 42, Dringlichkeit hoch.")
    call = twiml.call(speech, f"{PAGER}/keys")
    assert call.count('<Say language="de-DE"') == call.count("<Say") == 2
    assert {one["language"] for one in ncco.call(speech, "") if "text" in one} == {"de-DE"}
    assert "language" not in twiml.call(voice.render(german_page(language="")), "")


@pytest.mark.parametrize("code", list(language.NAMES))
@pytest.mark.parametrize("title", ["ü" * 300, "Кассы не работают " * 9, "😀" * 90, "a" * 400])
def test_a_text_has_two_parts_at_most_in_every_language(code: str, title: str):
    with language.speaking(code):
        rendered = sms.render(german_page(title=f"#42 {title}", service=title))
        codes = gettext("Reply 1 {number} = ack, 2 {number} = resolve")
    assert all(gsm.parts(body) <= 2 for body in (rendered.body, rendered.mute))
    assert gsm.is_packed(codes.format(number=42)), "it would halve the room for words"
