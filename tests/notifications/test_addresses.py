"""Addresses: one shape for each, a sentence for those that cannot work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.addresses import checked, masked, shown
from notifications.domain.words import Channel

KEY = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"


@pytest.mark.parametrize(
    ("channel", "typed", "stored"),
    [
        ("SMS", " +49 (151) 234-567.89 ", "+4915123456789"),
        ("VOICE", "0041 44 668 18 00", "+41446681800"),
        ("WHATSAPP", "+1\u00a0415\u2011555\u20110100", "+14155550100"),
        ("EMAIL", " alice@example.com ", "alice@example.com"),
        ("TELEGRAM", "-1001234567890", "-1001234567890"),
        ("SLACK", "U012AB3CD", "U012AB3CD"),
        ("NTFY", "alice_pages-1", "alice_pages-1"),
        ("PUSHOVER", KEY, KEY),
        ("DISCORD", "https://discord.com/api/webhooks/1/x", "https://discord.com/api/webhooks/1/x"),
        ("MATTERMOST", "http://chat.example.com/hooks/x", "http://chat.example.com/hooks/x"),
        ("TEAMS", "http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
    ],
)
def test_what_people_type_is_brought_into_one_shape(channel: str, typed: str, stored: str) -> None:
    assert checked(channel, typed) == stored
    assert checked(channel, stored) == stored


@pytest.mark.parametrize(
    ("channel", "typed", "says"),
    [
        ("SMS", "4155550100", "country code"),  # no country is assumed
        ("SMS", "0151 23456789", "country code"),
        ("SMS", "+0151 2345678", "8 to 15"),
        ("SMS", "+1234567", "8 to 15"),
        ("VOICE", "+1234567890123456", "8 to 15"),
        ("WHATSAPP", "+49 151 CALLME", "digits only"),
        ("SMS", "+٤٩١٥١٢٣٤٥٦٧٨٩", "digits only"),
        ("SMS", "+49151234\n56789", "digits only"),
        ("EMAIL", "no address", "valid"),
        ("EMAIL", "a@b.example\nBcc: c@d.example", "cannot be seen"),
        ("TELEGRAM", "@alice", "chat"),
        ("SLACK", "alice", "member ID"),
        ("NTFY", "https://ntfy.sh/alice", "topic"),
        ("PUSHOVER", KEY[:-1], "30"),
        ("DISCORD", "http://discord.com/api/webhooks/1/x", "https://"),
        ("WEBHOOK", "ftp://hooks.example.com/", "https://"),
        ("WEBHOOK", "https://hooks.example.com/" + "a" * 500, "longer"),
        ("IN_APP", "alice", "no address"),
        ("PIGEON", "alice", "no address"),
        ("EMAIL", "  ", "Enter an address"),
    ],
)
def test_what_cannot_work_is_refused_in_words(channel: str, typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        checked(channel, typed)


@given(st.sampled_from([*Channel, "PIGEON"]), st.text(max_size=80))
def test_any_text_is_either_stable_or_refused(channel: str, text: str) -> None:
    try:
        stored = checked(channel, text)
    except ValueError:
        return
    assert checked(channel, stored) == stored
    assert "\n" not in stored


@pytest.mark.parametrize(
    ("channel", "address", "seen"),
    [
        ("SMS", "+4915123456789", "+49…89"),
        ("EMAIL", "alice@example.com", "a…@example.com"),
        ("DISCORD", "https://discord.com/api/webhooks/1/secret", "discord.com/…"),
        ("PUSHOVER", KEY, "u…sG"),
    ],
)
def test_others_see_which_address_it_is_and_cannot_use_it(
    channel: str, address: str, seen: str
) -> None:
    assert masked(channel, address) == seen


def test_a_long_address_is_named_by_its_host_and_its_end():
    hook = "https://prod-12.logic.azure.com/workflows/0123456789/triggers?sig=secret-7f3a"
    assert shown(hook) == "prod-12.logic.azure.com/…t-7f3a"
    for short in ("https://hooks.example.com/alice", "+447700900123", "a" * 90):
        assert shown(short) == short
