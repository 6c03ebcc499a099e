"""A key makes a different mark for each purpose, and does not show itself."""

import itertools
import re

from service.oauth.keys import Key, LocalKeyring

SECRET = b"thirty-two bytes of pure secrecy"


def test_a_mark_stays_the_same_from_release_to_release() -> None:
    # printf 'refresh\0token' | openssl dgst -sha256 -hmac 'thirty-two bytes of pure secrecy' -binary | basenc --base64url
    assert Key("1", SECRET).mac("refresh", "token") == "IrI2A_jdPTohKrqAVGGkcSJO9c9XSdKVku8v6UyAoCc"


def test_a_mark_is_43_characters_whatever_the_text() -> None:
    for text in ("", "x", "é😀" * 10_000, "\ud800", "\0"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", Key("1", SECRET).mac("refresh", text))


def test_another_key_purpose_or_text_makes_another_mark() -> None:
    marks = [
        Key("1", secret).mac(purpose, text)
        for secret, purpose, text in itertools.product((SECRET, SECRET[::-1]), ("refresh", "page"), ("a", "b"))
    ]

    assert len(set(marks)) == 8
    assert Key("1", SECRET).mac("refresh", "token") != Key("1", SECRET).mac("refreshtoken", "")


def test_the_id_is_no_part_of_the_mark() -> None:
    assert Key("1", SECRET).mac("refresh", "a") == Key("2", SECRET).mac("refresh", "a")


def test_a_key_does_not_show_itself() -> None:
    key = Key("7", SECRET)

    for shown in (repr(key), str(key), f"{key}", repr([key]), repr(vars(LocalKeyring(SECRET)))):
        assert "secrecy" not in shown
    assert "'7'" in repr(key)


def test_the_local_key_is_found_by_its_id_alone() -> None:
    keyring = LocalKeyring(SECRET)

    key = keyring.current()

    assert keyring.find(key.key_id) == key
    assert key.secret == SECRET
    assert keyring.find("1") is None
    assert keyring.find("") is None
