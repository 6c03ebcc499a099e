"""Who is let in is exactly whom firebase-admin lets in: it sees the same tokens, certificates and accounts."""

import json
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.identity.firebase_token import check_times, parse
from service.identity.user import NotSignedIn
from tests.identity.firebase_tokens import CERTIFICATE, CURVE, KEY, NOW, STRANGER, Both, claims, segment, signed, token

HEADER = {"alg": "RS256", "kid": "kid1", "typ": "JWT"}
CUSTOM = "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
# Another type for whatever it is, and values near the bounds.
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "0",
    [],
    [1],
    {},
    {"a": 1},
    NOW,
    str(NOW),
    1e308,
)
DEEP = segment(b"[" * 20_000)
GOOD: list[dict[str, Any]] = [
    {},
    {"sub": "enabled"},
    {"sub": "revoked_before"},
    {"sub": "ü" * 128},
    {"iat": NOW - 10.5},
    {"exp": NOW + 3600.5},
    {"firebase": {}},
    {"firebase": {"sign_in_provider": "custom", "tenant": "t"}},
    {"auth_time": "never"},
    {"email": None, "x" * 1000: ["y"] * 1000},
]
BAD: list[dict[str, Any]] = [
    {"iat": NOW - 7200, "exp": NOW - 3600},
    {"iat": NOW + 6000},
    {"exp": NOW - 1},
    {"aud": "another-project"},
    {"aud": CUSTOM},
    {"iss": "https://example.com"},
    {"iss": "https://securetoken.google.com/another-project"},
    {"sub": "x" * 129},
    {"sub": "nobody"},
    {"sub": "disabled"},
    {"sub": "revoked"},
    *({"sub": uid} for uid in ("a/b", "..", "__x__")),
    {"firebase": {"sign_in_provider": "anonymous"}},
    {"firebase": "text"},
    {"firebase": None},
]


@pytest.mark.parametrize("changed", GOOD, ids=lambda changed: ",".join(changed)[:40])
def test_what_is_good_is_let_in_by_both(signing: Both, changed: dict[str, Any]) -> None:
    id_token = token(signing.project, **changed)

    expected = changed.get("sub", "u1")
    assert (signing.ours(id_token), signing.theirs(id_token)) == (expected, expected)


@pytest.mark.parametrize("changed", BAD, ids=lambda changed: ",".join(changed)[:40])
def test_what_is_not_is_let_in_by_neither(signing: Both, changed: dict[str, Any]) -> None:
    id_token = token(signing.project, **changed)

    assert (signing.ours(id_token), signing.theirs(id_token)) == (None, None)


@pytest.mark.parametrize("claim", sorted(claims("p")))
def test_a_claim_that_is_missing_or_of_another_type(signing: Both, claim: str) -> None:
    whole = claims(signing.project)
    others = [whole | {claim: odd} for odd in ODD] + [{name: whole[name] for name in whole if name != claim}]
    for other in others:
        id_token = signed(HEADER, other)
        assert signing.ours(id_token) == signing.theirs(id_token), other


@pytest.mark.parametrize("name", ["alg", "kid", "typ", "crit", "jwk", "x5c"])
def test_a_header_that_says_something_else(signing: Both, name: str) -> None:
    values = (*ODD, "none", "None", "HS256", "RS384", "ES256", "PS256", "rs256", "kid2", [["kid1"]])
    headers = [HEADER | {name: odd} for odd in values] + [{one: HEADER[one] for one in HEADER if one != name}]
    for header in headers:
        id_token = signed(header, claims(signing.project))
        assert signing.ours(id_token) == signing.theirs(id_token), header
        if name in ("alg", "kid") and header != HEADER:
            assert signing.ours(id_token) is None


def _others(project: str) -> dict[str, str]:
    """Tokens by other keys and algorithms, of other kinds, and text that is none."""
    good, whole = token(project), claims(project)
    header, payload, signature = good.split(".")
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    by_certificate = f"{segment({'alg': 'HS256', 'kid': 'kid1'})}.{payload}"
    by_certificate += "." + segment(hmac.sign(by_certificate.encode(), CERTIFICATE.encode()))
    service_account = f"x@{project}.iam.gserviceaccount.com"
    return {
        "another key": token(project, key=STRANGER),
        "unknown key id": token(project, kid="kid2"),
        "not signed": token(project, key=None, algorithm="none"),
        "signature of nothing": f"{header}.{payload}.",
        "signature of another": f"{header}.{payload}.{token(project, sub='enabled').rpartition('.')[2]}",
        "claims of another": f"{header}.{token(project, sub='enabled').split('.')[1]}.{signature}",
        "HS256 by a word": token(project, key="x" * 40, algorithm="HS256"),
        "HS256 by the certificate": by_certificate,
        "RS512": token(project, algorithm="RS512"),
        "PS256": token(project, algorithm="PS256"),
        "ES256": token(project, key=CURVE, algorithm="ES256"),
        "ES256, said to be RS256": f"{header}.{payload}.{token(project, key=CURVE, algorithm='ES256').rpartition('.')[2]}",
        "session cookie": token(project, iss=f"https://session.firebase.google.com/{project}"),
        "custom token": signed(
            {"alg": "RS256"}, {"iss": service_account, "sub": service_account, "aud": CUSTOM, "uid": "u1"}
        ),
        "legacy custom token": signed({"alg": "HS256"}, {"v": 0, "d": {"uid": "u1"}}),
        "Google's ID token": token(project, iss="https://accounts.google.com"),
        "two parts": f"{header}.{payload}",
        "four parts": f"{good}.x",
        "JSON serialization": json.dumps({"protected": header, "payload": payload, "signature": signature}),
        "two of one name": signed(HEADER, json.dumps(whole).replace("{", '{"sub": "enabled", ', 1).encode()),
        "BOM": signed(HEADER, b"\xef\xbb\xbf" + json.dumps(whole).encode()),
        "UTF-16": signed(HEADER, json.dumps(whole).encode("utf-16")),
        "spaces": signed(HEADER, b" " + json.dumps(whole).encode() + b"\n"),
        "not a number, but big": signed(HEADER, json.dumps(whole).replace(str(NOW + 3600), "9" * 5000).encode()),
        "infinite": signed(HEADER, whole | {"exp": float("inf")}),
        "huge": signed(HEADER, whole | {"x": "y" * 200_000}),
        **{
            f"{text[:8]!r}…": text for text in ("", " ", "x", ".", "..", "...", "a.b.c", "\x00", "é", "bnVsbA.bnVsbA.x")
        },
        "a surrogate": good + "\ud800",
        **{f"{more!r} after": good + more for more in ("=", "==", "====", "!", " ", "\n", "é", "A", "AAAA")},
        **{f"{more!r} before": more + good for more in ("=", "!", " ", "Bearer ")},
        "deep header": f"{DEEP}.e30.e30",
        "deep claims": f"e30.{DEEP}.e30",
        "deep and signed": signed(HEADER, json.dumps(whole)[:-1].encode() + b', "x": ' + b"[" * 20_000 + b"}"),
    }


@pytest.mark.parametrize("name", _others("p"))
def test_another_key_algorithm_or_kind_of_text(signing: Both, name: str) -> None:
    id_token = _others(signing.project)[name]

    assert signing.ours(id_token) == signing.theirs(id_token)


def test_of_those_only_the_harmless_are_let_in(signing: Both) -> None:
    let_in = {name for name, id_token in _others(signing.project).items() if signing.ours(id_token)}

    allowed = {"two of one name", "spaces", "infinite", "huge"}
    assert {name for name in let_in if not name.endswith("after")} <= allowed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
UIDS = st.sampled_from(["u1", "enabled", "disabled", "revoked", "revoked_before", "nobody"])
TIMES = st.integers(NOW - 20, NOW - 1) | st.integers(NOW + 6000, NOW + 6090) | st.floats(NOW - 20, NOW - 2)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    changed=st.fixed_dictionaries({}, optional={"sub": UIDS | JSON, "iat": TIMES | JSON, "exp": TIMES | JSON})
    | st.dictionaries(st.sampled_from(sorted(claims("p"))), JSON, max_size=3),
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ"]), JSON, max_size=1),
    key=st.sampled_from([KEY, KEY, KEY, STRANGER]),
)
def test_any_claims_and_header(
    signing: Both, emulated: Both, changed: dict[str, Any], header: dict[str, Any], key: Any
) -> None:
    id_token = signed(HEADER | header, claims(signing.project) | changed, key)

    assert signing.ours(id_token) == signing.theirs(id_token)
    with signing.beside_the_emulator():
        assert emulated.ours(id_token) == emulated.theirs(id_token)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_change_of_a_good_token(signing: Both, data: st.DataObject) -> None:
    good = token(signing.project)
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 3))
    changed = good[:at] + data.draw(st.text("AZaz09-_.=+/ é", max_size=3)) + good[at + cut :]

    assert signing.ours(changed) == signing.theirs(changed)


def test_the_emulators_tokens_are_taken_as_firebase_admin_takes_them(signing: Both, emulated: Both) -> None:
    unsigned = {"alg": "none", "typ": "JWT"}
    texts = [f"{segment(unsigned)}.{segment(claims(emulated.project, **changed))}." for changed in (*GOOD, *BAD)]
    whole = claims(emulated.project)
    for name in whole:
        texts += [f"{segment(unsigned)}.{segment(whole | {name: odd})}." for odd in ODD]
        texts += [f"{segment(unsigned)}.{segment({one: whole[one] for one in whole if one != name})}."]
    with signing.beside_the_emulator():
        for text in texts:
            assert emulated.ours(text) == emulated.theirs(text), text


def test_a_token_of_the_emulator_is_nobody_elsewhere(signing: Both) -> None:
    text = f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(claims(signing.project))}."

    assert signing.ours(text) is None


def test_in_one_thing_the_service_is_stricter(signing: Both) -> None:
    for name in ("iat", "exp"):
        text = signed(HEADER, claims(signing.project, **{name: float("nan")}))
        assert (signing.ours(text), signing.theirs(text)) == (None, "u1")


@pytest.mark.parametrize(("iat", "exp", "is_good"), [(5, 5, True), (6, 9, False), (1, 4, False), (5.5, 9, False)])
def test_a_token_is_good_from_its_first_second_to_its_last(iat: float, exp: float, is_good: bool) -> None:  # noqa: FBT001  # a parameter
    parsed = parse(signed(HEADER, {"iat": iat, "exp": exp}))

    if is_good:
        check_times(parsed, 5)
    else:
        with pytest.raises(NotSignedIn):
            check_times(parsed, 5)
