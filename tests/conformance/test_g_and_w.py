"""What is limited (G), and what no single answer shows (W): the database, the log, comparisons, cookies, expiry."""

import ast
import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from scripts.verbs.journey import Assistant, Person
from tests.conformance.whole_flow import NOTE, TRACE, Recorder, live, registered, told
from tests.deployed import deployed
from tests.world import LOCAL_KEY, PKCE, VERIFIER, World, error_of

SERVICE = Path(__file__).resolve().parents[2] / "service"
_SECRET_WORDS = {
    *("secret", "secrets", "token", "tokens", "code", "password", "verifier", "challenge", "key"),
    *("hash", "hashes", "digest", "mac", "seal", "mark", "signature", "reveal"),
}


def test_g01_who_guesses_secrets_is_told_to_wait(world: World) -> None:
    """G01 · RFC 6749 2.3.1; OAuth 2.1 2.4.1: of 40 wrong secrets in a row for one client, the later ones are 429 with `Retry-After`."""
    chatgpt = world.assistant()

    answers = [world.exchange(chatgpt, code="x", client_secret=f"guess {number}") for number in range(40)]

    statuses = [answer.status_code for answer in answers]
    assert (statuses, set(statuses)) == (sorted(statuses), {401, 429})
    for answer in answers[statuses.index(429) :]:
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert error_of(answer) == (429, "too_many_requests")


def test_w01_the_database_holds_no_secret(world: World) -> None:
    """W01 · RFC 6749 10.3, 10.4, 10.5: after a whole flow no code, token, client secret, key or e-mail is in the database."""
    lived = live(world)

    dump, key = world.everything(), world.service.settings.local_key or b""

    hashes = {hashlib.sha256(secret.encode()).hexdigest() for secret in lived.secrets}
    assert sum(hash_ in dump for hash_ in hashes) == 3 * 6 + 2  # code, 3 access and 2 refresh tokens each; 2 secrets
    assert NOTE["content"] in dump
    keys = {LOCAL_KEY, key.hex(), base64.b64encode(key).decode()}
    assert told(lived.secrets | keys | {lived.person.email}, dump) == []


def test_w02_the_log_holds_every_decision_and_no_secret() -> None:
    """W02 · RFC 9700 4.3: of a whole flow the service prints one JSON line a decision, and no secret, e-mail or note."""
    with deployed() as running:
        lived = live(running.world)
        printed, lines = running.printed(), running.lines()

    private = {lived.person.email, *NOTE.values(), *(client.redirect_uri for client in lived.clients)}
    assert told(lived.secrets | {LOCAL_KEY} | private, printed) == []
    assert len(lines) == len(printed.splitlines())
    registration, *decisions = (_facts(line) for line in lines)
    assert registration == {"event": "register", "outcome": "allowed", "clientId": lived.clients[-1].client_id}
    for number, client in enumerate(lived.clients):
        of_client = decisions[number * 10 : number * 10 + 10]
        assert of_client == _expected(client, lived.person, of_client[1]["grantId"], running.world.project)
    assert len(decisions) == 30


def _facts(line: dict[str, Any]) -> dict[str, Any]:
    assert (line.pop("severity"), line.pop("logger")) == ("INFO", "service.audit")
    assert line.pop("message") == f"{line['event']} {line['outcome']}"
    return line


def _expected(client: Assistant, person: Person, grant_id: str, project: str) -> list[dict[str, str]]:
    """What `live` does with one client, as the audit log tells it."""
    who = {"clientId": client.client_id}
    grant = who | {"grantId": grant_id}
    trace = {"logging.googleapis.com/trace": f"projects/{project}/traces/{TRACE}"}
    wrong = "wrong_secret" if client.client_secret else "other_auth_method"
    return [
        {"event": "authorization.show", "outcome": "shown"} | who,
        {"event": "authorization", "outcome": "allowed", "uid": person.uid} | grant,
        {"event": "token", "outcome": "allowed", "uid": person.uid} | grant,
        {"event": "saveNote", "outcome": "allowed", "reason": "status_201"} | grant | trace,
        {"event": "token", "outcome": "allowed"} | grant,
        {"event": "token", "outcome": "allowed", "reason": "refresh_repeated"} | grant,
        {"event": "token", "outcome": "refused", "reason": wrong} | who,
        {"event": "revoke", "outcome": "allowed", "reason": "grant_ended"} | grant,
        {"event": "token", "outcome": "refused", "reason": "grant_ended"} | grant,
        {"event": "saveNote", "outcome": "refused", "reason": "unknown_or_ended"} | trace,  # unproven: nobody is named
    ]


def test_w03_secrets_are_compared_in_constant_time() -> None:
    """W03 · RFC 6749 10.10: what a request presents of a secret, seal or verifier is compared by `hmac.compare_digest` only."""
    files = [file for room in ("identity", "oauth", "web") for file in sorted((SERVICE / room).glob("*.py"))]
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}

    assert [f"{file.name}: {found}" for file, tree in trees.items() for found in _careless(tree)] == []
    assert {place for file, tree in trees.items() for place in _careful(file, tree)} == {
        "oauth/authorization.py check_seal",
        "oauth/credentials.py authenticate",
        "oauth/grants.py _verifier_fits",
    }
    for careless in ("digest == code.code_challenge", "presented.hash() in client.secret_hashes", "fields['mac'] != x"):
        assert list(_careless(ast.parse(careless))) == [careless]


def _careless(tree: ast.AST) -> Iterator[str]:
    """The comparisons in TREE, by == or in, of something that is called a secret. Ids, types and literals are none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(
            isinstance(way, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for way in node.ops
        ):
            names = [_name(operand) for operand in (node.left, *node.comparators)]
            if any(_SECRET_WORDS & set(name.split("_")) and not name.endswith(("_id", "_type")) for name in names):
                yield ast.unparse(node)


def _name(operand: ast.expr) -> str:
    """What the value of OPERAND is called: the last word of a.b, of f(x), or of a["b"]."""
    match operand:
        case ast.Call(func=inner):
            return _name(inner)
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def _careful(file: Path, tree: ast.AST) -> Iterator[str]:
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        if any(ast.unparse(call.func) == "hmac.compare_digest" for call in calls):
            yield f"{file.relative_to(SERVICE)} {function.name}"


def test_w04_there_is_no_cookie(world: World) -> None:
    """W04 · policy: no answer of a whole flow sets a cookie: we have none, so there is none to steal or to protect."""
    world.service = recorder = Recorder(**vars(world.service))

    live(world)

    assert len(recorder.answers) > 30
    assert [answer.url for answer in recorder.answers if "Set-Cookie" in answer.headers] == []


def test_w05_what_has_expired_is_refused_though_it_is_still_stored(world: World) -> None:
    """W05 · Firestore TTL: an expired code, access token, refresh token, grant and unused registration are stored and refused."""
    chatgpt, claude, ada, clock = world.assistant(), world.public_client(), world.person(), world.service.clock
    unused, code, tokens = registered(world), world.code(claude, ada, **PKCE), world.connect(chatgpt, ada)
    stored = _ids(world)
    assert len(stored["oauthGrants"]) == 1

    clock.move(timedelta(seconds=61))
    assert error_of(world.exchange(claude, code=code, code_verifier=VERIFIER)) == (400, "invalid_grant")
    assert world.is_alive(tokens.access_token)

    clock.move(timedelta(hours=1))
    assert not world.is_alive(tokens.access_token)
    assert world.ask(unused, **PKCE).status_code == 200

    clock.move(timedelta(days=30))  # the grant's end too: it lives as long as its newest refresh token
    assert error_of(world.refresh(chatgpt, tokens.refresh_token)) == (400, "invalid_grant")
    assert world.ask(unused, **PKCE).status_code == 400
    assert error_of(world.exchange(unused, code="x")) == (401, "invalid_client")
    assert _ids(world) == stored


def _ids(world: World) -> dict[str, set[str]]:
    names = ("oauthClients", "oauthCodes", "oauthTokens", "oauthGrants")
    return {name: {document["_id"] for document in world.stored(name)} for name in names}
