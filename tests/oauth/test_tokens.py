"""Secrets hide; access tokens carry a head that no forgery turns into a path of ours."""

import base64
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from service.oauth.refresh import RefreshToken
from service.oauth.tokens import Extent, Secret, SecretHash, mint, mint_access_token, parse_access_token

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAIL = "A" * 43


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")

    for shown in (repr(secret), str(secret), f"{secret}", repr([secret]), "%s" % secret):  # noqa: UP031  # on purpose
        assert "hunter2" not in shown
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == "hunter2"


def test_minted_secrets_are_256_bits_of_base64url() -> None:
    minted = {mint().reveal() for _ in range(1000)}

    assert len(minted) == 1000
    assert all(len(base64.urlsafe_b64decode(secret + "=")) == 32 for secret in minted)


@pytest.mark.parametrize("uid", ["u1", "ü∂", "a b:c", "x" * 128, "😀" * 128])
def test_an_access_token_says_what_it_is_for(uid: str) -> None:
    holder = RefreshToken(SecretHash(""), "https://c.example/1", uid, "g1", frozenset(), "", NOON)
    extent = Extent(frozenset({"notes:write", "notes:read"}), "https://mate.example")
    token = mint_access_token(holder, "ChatGPT", extent, NOON)

    access = parse_access_token(token.reveal())

    assert access is not None
    assert (access.uid, access.grant_id, access.client_id, access.expires_at) == (
        *(uid, "g1", "https://c.example/1"),
        NOON,
    )
    assert (access.scope, access.resource) == (extent.scope, extent.resource)
    assert access.token_path == f"oauthTokens/{token.hash()}"
    assert access.grant_path == "oauthGrants/g1"


def _token(claims: Any) -> str:
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"mate_{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{TAIL}"


GOOD: list[Any] = ["u", "g", "c", "ChatGPT", 1_800_000_000, "notes:write", "https://mate.example"]


def test_the_table_below_starts_from_a_good_token() -> None:
    assert parse_access_token(_token(GOOD)) is not None


@pytest.mark.parametrize(
    "claims",
    [
        *[
            [value, *GOOD[1:]]
            for value in list[Any](["", ".", "..", "a/b", "__x__", "\ud800", None, 7, ["u"], "x" * 129])
        ],
        *[["u", value, *GOOD[2:]] for value in list[Any](["", "../users/x", "__a__", None, {}])],
        *[
            [*GOOD[:4], value, *GOOD[5:]]
            for value in list[Any](["soon", None, 1e400, 10**30, -(10**30), [], float("nan")])
        ],
        *[[*GOOD[:at], value, *GOOD[at + 1 :]] for at in (2, 3) for value in list[Any]([None, 7, "\ud800"])],
        [*GOOD[:5], 7, GOOD[6]],
        [*GOOD[:6], None],
        GOOD[:6],
        [*GOOD, "more"],
        {},
        None,
        "text",
        b"\xff",
        b"[" * 900,
        b"",
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_forged_head_is_no_token(claims: Any) -> None:
    assert parse_access_token(_token(claims)) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "mate_",
        f"mate_.{TAIL}",
        _token(GOOD)[:-1],
        _token(GOOD) + "A",
        _token(GOOD).upper(),
        " " + _token(GOOD),
    ],
)
def test_another_shape_is_no_token(token: str) -> None:
    assert parse_access_token(token) is None
