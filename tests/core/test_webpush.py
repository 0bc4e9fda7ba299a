"""Web push encryption and signature, against the example of the standard and read back."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from core import webpush
from core.webpush import KeyPair, to_bytes
from tests.fakes.push_service import Browser, claims_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# RFC 8291, appendix A.
OURS = KeyPair(
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
    "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
)
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY"
    "WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexS"
    "gSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_comes_out_byte_by_byte():
    plain = b"When I grow up, I want to be a watermelon"
    ours = ec.derive_private_key(int.from_bytes(to_bytes(OURS.private), "big"), webpush.CURVE)
    body = webpush.encrypt(plain, THEIRS, AUTH, salt=to_bytes(SALT), ephemeral=ours)
    assert body == to_bytes(BODY)
    assert webpush.is_pair(OURS)


@given(st.binary(max_size=webpush.LONGEST_PLAIN))
def test_the_browser_reads_what_was_written(plain: bytes):
    browser = Browser()
    body = webpush.encrypt(plain, browser.p256dh, browser.auth)
    assert browser.read(body) == plain
    assert len(body) <= 4096


def test_the_same_words_never_look_the_same_twice():
    browser = Browser()
    assert len({webpush.encrypt(b"x", browser.p256dh, browser.auth) for _ in range(5)}) == 5


def test_more_than_a_push_carries_is_refused():
    browser = Browser()
    with pytest.raises(ValueError, match="3993 bytes"):
        webpush.encrypt(b"x" * 3994, browser.p256dh, browser.auth)


def test_the_signature_names_the_service_and_ends_within_a_day():
    pair = webpush.new_pair()
    header = webpush.authorization("https://push.example.com/a/b", pair, "mailto:a@b.c", NOON)
    assert claims_of(header) == {
        "aud": "https://push.example.com",
        "exp": int(NOON.timestamp()) + 12 * 3600,
        "sub": "mailto:a@b.c",
    }
    assert header.endswith(f", k={pair.public}")


def test_a_signature_of_another_key_does_not_pass():
    pair, other = webpush.new_pair(), webpush.new_pair()
    header = webpush.authorization("https://push.example.com/", pair, "mailto:a@b.c", NOON)
    assert claims_of(header.replace(pair.public, other.public)) is None
    assert not webpush.is_pair(KeyPair(other.public, pair.private))


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        ("not base64 §", AUTH),
        (THEIRS[:-4], AUTH),
        ("A" * 87, AUTH),  # no point on the curve
        (THEIRS, "c2hvcnQ"),
    ],
)
def test_keys_that_no_browser_makes_are_refused(p256dh: str, auth: str):
    with pytest.raises(ValueError, match=r"."):
        webpush.check_keys(p256dh, auth)
    webpush.check_keys(THEIRS, json.loads(json.dumps(AUTH)))
