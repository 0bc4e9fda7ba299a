"""What a telephone gets: texts of two parts at most, spoken words, template variables."""

import json
import string
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels import sms, voice, whatsapp
from notifications.domain import gsm, ncco, twiml
from notifications.domain.message import Action, Message
from tests.notifications.test_channels import HOSTILE

ACK = "https://pager.example.com/incidents/acknowledge/WzQyLDdd:1vMxYz:" + "a" * 43 + "/"
PAGE = "https://pager.example.com/incidents/42/"


def page(title: str = "Checkout is down", service: str = "Payments", **more: object) -> Message:
    values = {
        "kind": "page",
        "subject_id": "42",
        "title": f"#42 {title}",
        "facts": (("Service", service), ("Since", "Mon 02 Mar 2026 03:00:00 UTC")),
        "url": PAGE,
        "actions": (Action("Acknowledge", ACK), Action("Open incident", PAGE, "secondary")),
        "urgency": "HIGH",
    }
    return Message(**{**values, **more})


class TestSms:
    def test_it_says_what_where_and_how_to_answer(self) -> None:
        assert sms.render(page()).body == (
            f"!! #42 Checkout is down\nPayments\n{ACK}\nReply 1 42 = ack, 2 42 = resolve"
        )

    def test_senders_that_nobody_can_answer_offer_no_codes(self) -> None:
        assert sms.render(page()).mute == f"!! #42 Checkout is down\nPayments\n{ACK}"

    def test_news_have_text_and_link_but_no_codes(self) -> None:
        news = Message("news", "42", "#42 Checkout is down", body="Resolved by Ann", url=PAGE)
        assert sms.render(news).body == f"#42 Checkout is down\nResolved by Ann\n{PAGE}"

    @pytest.mark.parametrize(
        "title", [*HOSTILE, "Кассы не работают " * 9, "検索が遅い" * 30, "😀" * 90]
    )
    def test_any_title_makes_two_parts_at_most_with_the_whole_link(self, title: str) -> None:
        text = sms.render(page(title, service=title))
        for body in (text.body, text.mute):
            assert gsm.parts(body) <= 2
            assert ACK in body.split("\n")
            assert body.startswith("!! #42")

    @given(st.text(max_size=300), st.integers(0, 400))
    def test_whatever_comes_it_is_two_parts_and_no_link_is_cut(self, title, length) -> None:
        link = "https://pager.example.com/" + "x" * length
        actions = (Action("Acknowledge", link),)
        text = sms.render(page(title, actions=actions, url=PAGE)).body
        assert gsm.parts(text) <= 2
        assert [line for line in text.split("\n") if line.startswith("https:")] in (
            [link],
            [PAGE],
        )

    def test_a_cyrillic_title_stays_readable(self) -> None:
        assert "Кассы" in sms.render(page("Кассы не работают в магазине")).body

    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            ("я" * 70, 1),
            ("я" * 71, 2),
            ("я" * 134, 2),
            ("😀" * 68, 3),
        ],
    )
    def test_parts_are_counted_as_the_network_does(self, text: str, parts: int) -> None:
        assert gsm.parts(text) == parts

    def test_quotes_and_accents_do_not_make_it_dearer(self) -> None:
        assert gsm.plain("“Ça va” – ĉu ne…") == '"Ça va" - cu ne...'


class TestCall:
    def test_it_says_urgency_number_title_service_and_keys(self) -> None:
        speech = voice.render(page())
        assert speech.text == (
            "This is OpsKnight. High urgency incident 42. Checkout is down. Service Payments."
        )
        assert speech.keys == "Press 4 to acknowledge, or 6 to resolve."

    def test_a_code_is_spelled_and_offers_no_keys(self) -> None:
        speech = voice.render(Message("code", "9", "Your code is 123456"))
        assert speech.text == "This is OpsKnight. Your code is 1 2 3 4 5 6."
        assert speech.keys == ""

    @pytest.mark.parametrize("text", [*HOSTILE, "</Say><Redirect>http://evil.example/</Redirect>"])
    def test_hostile_words_stay_words(self, text: str) -> None:
        speech = voice.render(page(text, service=text))
        assert len(speech.text) < 400
        root = ElementTree.fromstring(twiml.call(speech, 'https://x.example/?a="b"&c=<d>'))
        assert [child.tag for child in root.iter()] == ["Response", "Gather", "Say", "Say"]
        assert len(ElementTree.tostring(root)) < 4000
        (talk, ask) = ncco.call(speech, "https://x.example/")
        assert (talk["action"], ask["action"]) == ("talk", "input")
        assert not set("<>&") & set(talk["text"])

    def test_it_is_said_twice_and_waits_for_one_key(self) -> None:
        root = ElementTree.fromstring(twiml.call(voice.render(page()), "https://x.example/keys/1"))
        gather = root.find("Gather")
        assert gather.attrib["action"] == "https://x.example/keys/1"
        assert gather.attrib["numDigits"] == "1"
        assert gather.find("Say").attrib["loop"] == "2"

    def test_without_an_address_of_ours_it_only_speaks(self) -> None:
        root = ElementTree.fromstring(twiml.call(voice.render(page()), ""))
        assert [child.tag for child in root] == ["Say"]
        assert "Press" not in root[0].text
        assert [part["action"] for part in ncco.call(voice.render(page()), "")] == ["talk"]


class TestWhatsApp:
    def test_the_template_gets_title_service_status_and_link(self) -> None:
        assert whatsapp.render(page()).numbered() == {
            "1": "#42 Checkout is down",
            "2": "Payments",
            "3": "HIGH urgency - since Mon 02 Mar 2026 03:00:00 UTC"
            " - reply 1 42 = ack, 2 42 = resolve",
            "4": ACK,
        }

    @pytest.mark.parametrize("text", [*HOSTILE, "", "\n\n"])
    def test_no_variable_is_empty_long_or_of_several_lines(self, text: str) -> None:
        values = whatsapp.render(page(text, service=text, actions=(), url="")).numbered()
        assert all(value and not set(value) & set("\r\n\t") for value in values.values())
        assert len(values["1"]) <= 100
        assert json.loads(json.dumps(values)) == values
        assert "     " not in "".join(values.values()).strip(string.whitespace)
