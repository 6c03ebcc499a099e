"""How the operator may change a client, and how not: one table a rule."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.oauth.clients import Client, InvalidRegistration, allows_redirect, mint_client_id, register
from service.oauth.registered import (
    add_redirect,
    add_secret,
    disable,
    enable,
    pin_gpt,
    replace_redirect,
    retire_secret,
    unpin_gpt,
)
from service.oauth.tokens import SecretHash

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A, B, C = (f"https://example.com/{name}" for name in "abc")
CHATGPT, OPENAI = (f"https://{host}/aip/g-1f0e/oauth/callback" for host in ("chatgpt.com", "chat.openai.com"))
FIRST, SECOND, THIRD = (SecretHash(digit * 64) for digit in "123")


def a_client(*redirect_uris: str, public: bool = False) -> Client:
    client, _ = register("ChatGPT", redirect_uris or (A,), frozenset({"notes:write"}), NOON, public=public)
    return client if public else replace(client, secret_hashes=(FIRST,))


DOCUMENT = replace(a_client(public=True), client_id="https://client.example/oauth.json", kind="document")
GPT = replace(a_client(), redirect_uris=(), gpt_id="g-1f0e")


def test_secrets_take_turns() -> None:
    both = add_secret(a_client(), SECOND)
    assert both.secret_hashes == (FIRST, SECOND)
    assert retire_secret(both).secret_hashes == (SECOND,)
    assert retire_secret(both, newer=True).secret_hashes == (FIRST,)
    assert add_secret(retire_secret(both), THIRD).secret_hashes == (SECOND, THIRD)


def test_a_third_secret_waits_until_one_is_retired() -> None:
    with pytest.raises(InvalidRegistration, match="scripts/client retire-secret "):
        add_secret(add_secret(a_client(), SECOND), THIRD)


def test_the_last_secret_is_not_retired() -> None:
    for newer in (False, True):
        with pytest.raises(InvalidRegistration, match="scripts/client rotate-secret "):
            retire_secret(a_client(), newer=newer)


@pytest.mark.parametrize("client", [a_client(public=True), DOCUMENT], ids=["public", "document"])
def test_who_has_no_secret_gets_none(client: Client) -> None:
    with pytest.raises(InvalidRegistration, match="public client"):
        add_secret(client, SECOND)
    with pytest.raises(InvalidRegistration, match="public client"):
        retire_secret(client)


def test_a_redirect_uri_is_added_as_it_is_written() -> None:
    added = add_redirect(a_client(A), f"{A}/?x=%41")

    assert added.redirect_uris == (A, f"{A}/?x=%41")
    assert not allows_redirect(added, f"{A}/?x=A")


@pytest.mark.parametrize(
    ("uri", "why"),
    [(A, "already"), ("http://example.com/cb", "https"), (f"{A}#f", "fragment"), ("", "ASCII characters")],
)
def test_a_redirect_uri_may_be_refused(uri: str, why: str) -> None:
    with pytest.raises(InvalidRegistration, match=why):
        add_redirect(a_client(A), uri)


def test_a_client_has_at_most_20_redirect_uris() -> None:
    full = a_client(*(f"{A}{number}" for number in range(20)))

    with pytest.raises(InvalidRegistration, match="at most 20"):
        add_redirect(full, A)
    assert replace_redirect(full, f"{A}19", A).redirect_uris[-1] == A
    with pytest.raises(InvalidRegistration, match="at most 20"):
        a_client(*full.redirect_uris, A)


def test_nobody_registers_one_twice() -> None:
    with pytest.raises(InvalidRegistration, match="twice"):
        a_client(A, B, A)


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        pytest.param(A, C, (C, B), id="in its place"),
        pytest.param(A, B, (B,), id="known already"),
        pytest.param(A, A, (A, B), id="itself"),
    ],
)
def test_one_takes_the_place_of_another(old: str, new: str, left: tuple[str, ...]) -> None:
    assert replace_redirect(a_client(A, B), old, new).redirect_uris == left


@pytest.mark.parametrize(("old", "new", "why"), [(C, B, "not registered"), (A, "http://example.com/", "https")])
def test_a_replacement_may_be_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(InvalidRegistration, match=why):
        replace_redirect(a_client(A), old, new)


@pytest.mark.parametrize("gpt", ["g-1f0e", CHATGPT, OPENAI])
def test_a_pinned_gpt_returns_to_its_two_callbacks_until_it_is_unpinned(gpt: str) -> None:
    pinned = pin_gpt(a_client(), gpt)

    assert [allows_redirect(pinned, uri) for uri in (A, CHATGPT, OPENAI)] == [True] * 3
    assert [allows_redirect(unpin_gpt(pinned), uri) for uri in (A, CHATGPT, OPENAI)] == [True, False, False]


@pytest.mark.parametrize(
    "gpt",
    [
        *("", "g-", "1f0e", "G-1f0e", "g-1f0e/", "g-1/../x", "g-é", "g-1 ", "g-1\n", "g-" + "1" * 101),
        *(f"{CHATGPT}?a=b", CHATGPT.replace("https", "http"), CHATGPT.replace("chatgpt.com", "evil.example")),
        "https://chatgptXcom/aip/g-1f0e/oauth/callback",
        "https://chatgpt.com/g/g-1f0e-my-gpt",
    ],
)
def test_what_names_no_gpt_is_not_pinned(gpt: str) -> None:
    with pytest.raises(InvalidRegistration, match="callback URL"):
        pin_gpt(a_client(), gpt)


def test_a_client_keeps_somewhere_to_return_to() -> None:
    with pytest.raises(InvalidRegistration, match="scripts/client add-redirect "):
        unpin_gpt(GPT)
    assert unpin_gpt(add_redirect(GPT, A)).gpt_id is None


@pytest.mark.parametrize(
    "rule",
    [
        lambda client: add_redirect(client, B),
        lambda client: replace_redirect(client, A, B),
        lambda client: pin_gpt(client, "g-1f0e"),
        unpin_gpt,
    ],
)
def test_who_describes_itself_is_changed_in_its_document(rule: Callable[[Client], Client]) -> None:
    with pytest.raises(InvalidRegistration, match=re.escape(DOCUMENT.client_id)):
        rule(DOCUMENT)


def test_a_client_stays_disabled_since_the_first_time() -> None:
    for client in (a_client(), a_client(public=True), DOCUMENT):
        disabled = disable(client, NOON)

        assert disabled.disabled_at == NOON
        assert disable(disabled, NOON + timedelta(days=1)) == disabled
        assert enable(disabled) == enable(client) == client


def test_a_client_id_is_no_option_on_a_command_line() -> None:
    ids = [mint_client_id() for _ in range(500)]

    assert all(minted[0].isalnum() and len(minted) == 22 for minted in ids)
    assert len(set(ids)) == 500
