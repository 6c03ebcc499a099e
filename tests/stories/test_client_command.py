"""The operator registers an assistant, changes it, and puts it out."""

import json
import os
import pty
import re
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from scripts.verbs.client import change, main
from scripts.verbs.journey import Assistant
from scripts.verbs.processes import ROOT
from service.contract import Contract
from service.errors import Unavailable
from service.firestore import Documents
from service.firestore_write import create, update
from service.oauth.clients import Client
from service.oauth.directory import SHOWN_FOR
from service.oauth.firestore import FirestoreOAuthStore
from service.oauth.registered import add_redirect, add_secret
from service.oauth.tokens import mint
from tests.world import CALLBACK, LOOPBACK_CALLBACK, PKCE, VERIFIER, World, answer_of

OTHER_CALLBACK = "https://chatgpt.com/aip/g-2b3c/oauth/callback"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def client(*arguments: str, project: str | None, stdin: int | None = None) -> "subprocess.CompletedProcess[str]":
    """The command as it is typed."""
    env = {name: value for name, value in os.environ.items() if name != "GOOGLE_CLOUD_PROJECT"}
    env |= {"GOOGLE_CLOUD_PROJECT": project} if project else {}
    command = ["scripts/client", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=env, stdin=stdin, capture_output=True, text=True, timeout=60, check=False
    )


@dataclass(frozen=True)
class Done:
    returncode: object
    stdout: str
    stderr: str

    @property
    def printed(self) -> dict[str, str]:
        return dict(re.findall(r"^(client_\w+) +(\S+)$", self.stdout, re.MULTILINE))


Run = Callable[..., Done]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The same command without the second that a new Python takes."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", world.project)

    def call(*arguments: str) -> Done:
        try:
            returncode: object = main(arguments)
        except SystemExit as ended:
            returncode = ended.code
        printed = capsys.readouterr()
        return Done(returncode, printed.out, printed.err)

    return call


def lands(world: World, assistant: Assistant, redirect_uri: str) -> bool:
    """Whether a person would be asked, and then sent to REDIRECT_URI."""
    page = world.ask(assistant, redirect_uri=redirect_uri)
    assert (page.status_code, "not registered" in page.text) in ((200, False), (400, True))
    return page.status_code == 200


def self_described(name: str = "Described") -> Client:
    url, public = "https://client.example/oauth/metadata.json", frozenset({"none"})
    return Client(url, name, "document", (LOOPBACK_CALLBACK,), public, (), frozenset({"notes:write"}), NOON)


def test_a_registered_assistant_can_connect(world: World) -> None:
    done = client("add", "ChatGPT", "--redirect-uri", CALLBACK, "--redirect-uri", f"{CALLBACK}2", project=world.project)

    assert done.returncode == 0, done.stderr
    printed = dict(re.findall(r"^(client_\w+) +(\S+)$", done.stdout, re.MULTILINE))
    chatgpt = Assistant(printed["client_id"], printed["client_secret"], CALLBACK)
    assert world.save(world.connect(chatgpt, world.person())).status_code == 201
    (stored,) = world.stored("oauthClients")
    assert (stored["name"], stored["redirectUris"]) == ("ChatGPT", [CALLBACK, f"{CALLBACK}2"])
    assert chatgpt.client_secret not in str(stored)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add", "ChatGPT", "--redirect-uri", "http://example.com/cb"], "must be https"),
        (["add", "", "--redirect-uri", CALLBACK], "The name must have"),
        (["add", "ChatGPT"], "--redirect-uri"),
        ([], "VERB"),
        (["remove"], "invalid choice"),
    ],
)
def test_what_cannot_be_registered_is_said(world: World, arguments: list[str], complaint: str) -> None:
    done = client(*arguments, project=world.project)

    assert done.returncode != 0
    assert complaint in done.stderr
    assert world.stored("oauthClients") == []


def test_without_a_project_it_asks_for_one() -> None:
    done = client("add", "ChatGPT", "--redirect-uri", CALLBACK, project=None)

    assert (done.returncode, "GOOGLE_CLOUD_PROJECT=" in done.stderr) == (1, True)


def test_a_public_client_gets_no_secret_and_needs_none(world: World, run: Run) -> None:
    done = run("add", "Claude Code", "--redirect-uri", LOOPBACK_CALLBACK, "--public")

    assert (done.returncode, list(done.printed)) == (0, ["client_id"])
    assert "PKCE" in done.stderr
    claude = Assistant(done.printed["client_id"], "", LOOPBACK_CALLBACK)
    assert "PKCE" in answer_of(world.allow(claude, world.person()))["error_description"]
    code = world.code(claude, world.person(), **PKCE)
    assert world.exchange(claude, code=code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize("gpt", ["g-1f0e", CALLBACK])
def test_a_gpt_is_registered_by_its_id_alone(world: World, run: Run, gpt: str) -> None:
    done = run("add", "ChatGPT", "--gpt-id", gpt)

    chatgpt = Assistant(done.printed["client_id"], done.printed["client_secret"], CALLBACK)
    assert world.save(world.connect(chatgpt, world.person())).status_code == 201
    other_host = replace(chatgpt, redirect_uri=CALLBACK.replace("chatgpt.com", "chat.openai.com"))
    assert world.save(world.connect(other_host, world.person())).status_code == 201


def test_the_callbacks_of_a_gpt_are_off_until_the_operator_turns_them_on(world: World, run: Run) -> None:
    chatgpt = world.assistant("ChatGPT", "https://example.com/cb")
    callbacks = [CALLBACK, CALLBACK.replace("chatgpt.com", "chat.openai.com")]
    assert [lands(world, chatgpt, uri) for uri in callbacks] == [False, False]

    assert run("add-redirect", chatgpt.client_id, "--gpt-id", "g-1f0e").returncode == 0

    assert [lands(world, chatgpt, uri) for uri in callbacks] == [True, True]
    assert lands(world, chatgpt, "https://example.com/cb")
    for other in (
        OTHER_CALLBACK,
        f"{CALLBACK}/",
        f"{CALLBACK}/more",
        f"{CALLBACK}?a=b",
        f"{CALLBACK}#f",
        CALLBACK.upper(),
        CALLBACK.replace("https", "http"),
        CALLBACK.replace("g-1f0e", "g-1f0e1"),
        CALLBACK.replace("g-1f0e", "x/../g-1f0e"),
        CALLBACK.replace("chatgpt.com", "chatgpt.com:443"),
        CALLBACK.replace("chatgpt.com", "evil.example"),
        CALLBACK.replace("chatgpt.com", "www.chatgpt.com"),
    ):
        assert not lands(world, chatgpt, other), other

    assert run("add-redirect", chatgpt.client_id, "--no-gpt-id").returncode == 0
    world.service.clock.move(SHOWN_FOR)
    assert [lands(world, chatgpt, uri) for uri in callbacks] == [False, False]


def test_a_code_belongs_to_the_one_of_a_gpts_callbacks_that_was_used(world: World, run: Run) -> None:
    printed = run("add", "ChatGPT", "--gpt-id", "g-1f0e").printed
    chatgpt = Assistant(printed["client_id"], printed["client_secret"], CALLBACK)
    code = world.code(chatgpt, world.person())

    for other in (CALLBACK.replace("chatgpt.com", "chat.openai.com"), OTHER_CALLBACK, None):
        assert world.exchange(chatgpt, code=code, redirect_uri=other).json()["error"] == "invalid_grant"

    assert world.exchange(chatgpt, code=code).status_code == 200


def test_a_secret_is_rotated_without_a_gap(world: World) -> None:
    old = world.assistant()
    tokens = world.connect(old, world.person())

    done = client("rotate-secret", old.client_id, project=world.project)

    printed = dict(re.findall(r"^(client_\w+) +(\S+)$", done.stdout, re.MULTILINE))
    assert (done.returncode, printed["client_id"]) == (0, old.client_id)
    assert f"scripts/client retire-secret {old.client_id}" in done.stderr
    new = replace(old, client_secret=printed["client_secret"])
    for either in (old, new, old):
        assert world.connect(either, world.person())
    tokens = replace(tokens, refresh_token=world.refresh(old, tokens.refresh_token).json()["refresh_token"])

    assert client("retire-secret", old.client_id, project=world.project).returncode == 0

    assert world.refresh(new, tokens.refresh_token).status_code == 200
    assert world.connect(new, world.person())
    assert world.refresh(old, tokens.refresh_token).json()["error"] == "invalid_client"


def test_a_new_secret_that_got_lost_is_retired_instead_of_the_old_one(world: World, run: Run) -> None:
    old = world.assistant()
    new = replace(old, client_secret=run("rotate-secret", old.client_id).printed["client_secret"])

    assert run("retire-secret", old.client_id, "--newer").returncode == 0

    assert world.exchange(new, code="x").json()["error"] == "invalid_client"
    assert world.connect(old, world.person())


def test_no_secret_is_shown_a_second_time(world: World, run: Run) -> None:
    first = run("add", "ChatGPT", "--redirect-uri", CALLBACK).printed
    second = run("rotate-secret", first["client_id"]).printed
    (stored,) = world.stored("oauthClients")

    for shown in (run("list"), run("list", "--json"), run("show", first["client_id"]), run("disable", "x", "--yes")):
        for secret in (first["client_secret"], second["client_secret"], *stored["secretHashes"]):
            assert secret not in shown.stdout + shown.stderr


def test_a_changed_callback_is_one_command(world: World, run: Run) -> None:
    chatgpt = world.assistant("ChatGPT", CALLBACK)

    assert run("add-redirect", chatgpt.client_id, OTHER_CALLBACK, "--replace", CALLBACK).returncode == 0

    assert (lands(world, chatgpt, CALLBACK), lands(world, chatgpt, OTHER_CALLBACK)) == (False, True)
    assert world.connect(replace(chatgpt, redirect_uri=OTHER_CALLBACK), world.person())


def test_a_callback_can_be_added_first_and_the_old_one_go_later(world: World, run: Run) -> None:
    chatgpt = world.assistant("ChatGPT", CALLBACK)

    run("add-redirect", chatgpt.client_id, OTHER_CALLBACK)
    assert (lands(world, chatgpt, CALLBACK), lands(world, chatgpt, OTHER_CALLBACK)) == (True, True)
    run("add-redirect", chatgpt.client_id, "--replace", CALLBACK, OTHER_CALLBACK)  # in this order, too
    world.service.clock.move(SHOWN_FOR)

    assert (lands(world, chatgpt, CALLBACK), lands(world, chatgpt, OTHER_CALLBACK)) == (False, True)


def test_what_cannot_be_changed_is_said_and_changes_nothing(world: World, run: Run) -> None:
    store = world.service.backends.oauth
    store.keep_document(self_described())
    document, public = self_described().client_id, world.public_client().client_id
    one, two = world.assistant().client_id, world.assistant().client_id
    run("rotate-secret", two)
    gpt = run("add", "GPT", "--gpt-id", "g-1").printed["client_id"]
    before = world.stored("oauthClients")

    for arguments, complaint in (
        (["rotate-secret", two], f"scripts/client retire-secret {two}"),
        (["rotate-secret", public], "public client"),
        (["rotate-secret", document], "public client"),
        (["retire-secret", one], f"scripts/client rotate-secret {one}"),
        (["retire-secret", public], "public client"),
        (["add-redirect", one, CALLBACK], "already"),
        (["add-redirect", one, "http://example.com/"], "must be https"),
        (["add-redirect", one, OTHER_CALLBACK, "--replace", f"{CALLBACK}2"], "not registered"),
        (["add-redirect", one, OTHER_CALLBACK, "--replace", ""], "not registered"),
        (["add-redirect", one, OTHER_CALLBACK, "--gpt-id", "1f0e"], "callback URL"),
        (["add-redirect", one, OTHER_CALLBACK, "--gpt-id", ""], "callback URL"),
        (["add-redirect", gpt, "--no-gpt-id"], "nowhere to return to"),
        (["add-redirect", document, CALLBACK], document),
        (["disable", one], "--yes"),  # nobody is there to be asked
        *((arguments, "no client has the id 'x'") for arguments in (["show", "x"], ["enable", "x"])),
        *(([verb, "x"], "no client has the id 'x'") for verb in ("rotate-secret", "retire-secret", "disable")),
        (["add-redirect", "x", CALLBACK], "no client has the id 'x'"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert complaint in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert world.stored("oauthClients") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["show"],
        ["show", "x", "y"],
        ["list", "x"],
        ["disable", "--yes"],
        ["retire-secret", "x", "--older"],
        ["add", "ChatGPT", "--public"],
        ["add", "ChatGPT", "--gpt-id", ""],
        ["add-redirect", "x"],
        ["add-redirect", "x", CALLBACK, OTHER_CALLBACK],
        ["add-redirect", "x", "--replace", CALLBACK],
        ["add-redirect", "x", "--replace", CALLBACK, OTHER_CALLBACK, OTHER_CALLBACK],
        ["add-redirect", "x", "--gpt-id", "g-1", "--no-gpt-id"],
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: scripts/client")


@pytest.mark.parametrize(
    "verb", ["add", "list", "show", "rotate-secret", "retire-secret", "add-redirect", "disable", "enable"]
)
def test_every_verb_explains_itself(run: Run, verb: str) -> None:
    done = run(verb, "--help")

    assert (done.returncode, f"scripts/client {verb}" in done.stdout) == (0, True)
    assert verb in run("--help").stdout


def test_an_id_that_begins_like_an_option_is_reached(world: World, run: Run) -> None:
    store, odd = world.service.backends.oauth, replace(self_described(), client_id="-yes", kind="dynamic")
    store.add_client(odd)

    assert "-yes" in run("show", "--", "-yes").stdout
    assert run("add-redirect", "--", "-yes", CALLBACK).returncode == 0
    assert run("disable", "--yes", "--", "-yes").returncode == 0

    (stored,) = world.stored("oauthClients")
    assert stored["redirectUris"] == [LOOPBACK_CALLBACK, CALLBACK]
    assert stored["disabledAt"]


def test_the_list_has_every_client_in_100_columns(world: World, run: Run) -> None:
    assert "scripts/client add" in run("list").stderr
    store, long_uri = world.service.backends.oauth, f"{CALLBACK}?{'x' * 200}"
    chatgpt = world.assistant("N" * 80, long_uri, CALLBACK)
    run("rotate-secret", chatgpt.client_id)
    run("add-redirect", chatgpt.client_id, "--gpt-id", "g-9")
    claude = world.public_client()
    store.keep_document(replace(self_described(), client_id=f"https://client.example/{'y' * 300}", name="Long"))
    store.keep_document(self_described())
    store.add_client(replace(self_described("Itself"), client_id="registered-itself", kind="dynamic", disabled_at=NOON))

    lines, listed = run("list").stdout.splitlines(), json.loads(run("list", "--json").stdout)

    assert max(map(len, lines)) <= 100
    (of_chatgpt,) = [number for number, line in enumerate(lines) if line.startswith(chatgpt.client_id)]
    today = world.service.clock().strftime("%Y-%m-%d")
    assert lines[of_chatgpt].split()[1:6] == ["operator", "confidential", "2", today, "-"]
    assert re.fullmatch(rf"  {re.escape(CALLBACK)}\?x+… \(\+3\)", lines[of_chatgpt + 1])
    (of_claude,) = [line for line in lines if line.startswith(claude.client_id)]
    assert of_claude.split(maxsplit=6)[1:] == ["operator", "public", "0", today, "-", "Claude Code"]
    (itself,) = [line for line in lines if line.startswith("registered-itself")]
    assert itself.split()[1:] == ["dynamic", "public", "0", "2026-11-22", "2026-11-22", "Itself"]
    described = lines.index(self_described().client_id)
    assert lines[described + 1].split() == ["document", "public", "0", "2026-11-22", "-", "Described"]
    whole = {item["clientId"]: item for item in listed}
    assert len(whole) == 5
    assert whole[chatgpt.client_id]["redirectUris"] == [long_uri, CALLBACK]
    assert (whole[chatgpt.client_id]["secrets"], whole[chatgpt.client_id]["gptId"]) == (2, "g-9")
    assert whole["registered-itself"]["disabledAt"] == NOON.isoformat()


def test_show_tells_everything_and_counts_the_connections_that_live(world: World, run: Run) -> None:
    chatgpt, other = world.assistant("ChatGPT", CALLBACK, OTHER_CALLBACK), world.assistant()
    for assistant in (chatgpt, chatgpt, chatgpt, other):
        world.connect(assistant, world.person())
    expired = next(grant for grant in world.stored("oauthGrants") if grant["clientId"] == chatgpt.client_id)
    world.service.backends.documents.commit(
        update(f"oauthGrants/{expired['_id']}", {"expireAt": NOON - timedelta(9e4)})
    )
    run("add-redirect", chatgpt.client_id, "--gpt-id", "g-9")

    shown = run("show", chatgpt.client_id).stdout

    facts = re.findall(r"^(\w+) +(.+)$", shown, re.MULTILINE)
    assert dict(facts) | {"created": ""} == {
        "client_id": chatgpt.client_id,
        "name": "ChatGPT",
        "kind": "operator, confidential",
        "authenticates": "client_secret_basic client_secret_post",
        "secrets": "1",
        "redirect_uri": OTHER_CALLBACK,
        "gpt_id": "g-9",
        "scope": " ".join(sorted(Contract.load().scopes)),
        "created": "",
        "disabled": "-",
        "connections": "2",
    }
    assert ("redirect_uri", CALLBACK) in facts
    assert "https://chat.openai.com/aip/g-9/oauth/callback\n" in shown


def test_a_disabled_client_is_out_at_once_with_all_it_had(world: World, run: Run) -> None:
    chatgpt, other = world.assistant("ChatGPT"), world.assistant("Other")
    code, page = world.code(chatgpt, world.person()), world.ask(chatgpt)
    connections = [world.connect(chatgpt, world.person()) for _ in range(3)]
    untouched = world.connect(other, world.person())
    assert page.status_code == 200

    done = run("disable", chatgpt.client_id, "--yes")

    assert (done.returncode, done.stdout) == (0, "ChatGPT is disabled; 3 connections ended.\n")
    assert world.allow(chatgpt, world.person()).status_code == 400
    world.service.clock.move(SHOWN_FOR)  # the page of a known client may be so old
    assert world.ask(chatgpt).status_code == 400
    assert world.exchange(chatgpt, code=code).json()["error"] == "invalid_client"
    for tokens in connections:
        assert world.save(tokens).status_code == 401
        assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_client"
    assert world.save(untouched).status_code == 201
    since = world.stored("oauthClients")
    assert run("disable", chatgpt.client_id, "--yes").stdout == "ChatGPT is disabled; 0 connections ended.\n"
    assert world.stored("oauthClients") == since


def test_an_enabled_client_may_ask_again_and_what_ended_stays_ended(world: World, run: Run) -> None:
    chatgpt = world.assistant()
    code, tokens = world.code(chatgpt, world.person()), world.connect(chatgpt, world.person())
    run("disable", chatgpt.client_id, "--yes")

    assert run("enable", chatgpt.client_id).returncode == 0

    assert world.save(tokens).status_code == 401
    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_grant"
    assert world.exchange(chatgpt, code=code).json()["error"] == "invalid_grant"
    assert world.save(world.connect(chatgpt, world.person())).status_code == 201


def test_an_exchange_that_was_under_way_gives_nothing(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    chatgpt, store = world.assistant(), world.service.backends.oauth
    code, spend_code = world.code(chatgpt, world.person()), store.spend_code

    def meanwhile(*spent: Any) -> None:
        assert run("disable", chatgpt.client_id, "--yes").returncode == 0
        spend_code(*spent)

    monkeypatch.setattr(store, "spend_code", meanwhile)

    answer = world.exchange(chatgpt, code=code)

    assert (answer.status_code, answer.json()["error"]) in ((400, "invalid_grant"), (401, "invalid_client"))
    assert world.stored("oauthGrants") == []


def test_an_exchange_that_was_faster_is_ended_all_the_same(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatgpt, store = world.assistant(), world.service.backends.oauth
    code, spend_code, query = world.code(chatgpt, world.person()), store.spend_code, Documents.query
    has_read, may_spend = threading.Event(), threading.Event()
    statuses: list[int] = []

    def patient(*spent: Any) -> None:
        has_read.set()
        assert may_spend.wait(20)
        spend_code(*spent)

    def overtaken(self: Documents, collection: str, *arguments: Any, **options: Any) -> Any:
        found = query(self, collection, *arguments, **options)
        if collection == "oauthCodes" and not statuses:
            may_spend.set()
            statuses.append(exchange.result().status_code)
        return found

    monkeypatch.setattr(store, "spend_code", patient)
    monkeypatch.setattr(Documents, "query", overtaken)
    with ThreadPoolExecutor() as pool:
        exchange = pool.submit(world.exchange, chatgpt, code=code)
        assert has_read.wait(20)
        assert "1 connection ended" in run("disable", chatgpt.client_id, "--yes").stdout

    assert statuses == [200]
    assert world.stored("oauthGrants") == []


def test_a_refresh_that_was_under_way_gives_nothing(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    chatgpt, store = world.assistant(), world.service.backends.oauth
    tokens, spend_refresh_token = world.connect(chatgpt, world.person()), store.spend_refresh_token

    def meanwhile(*spent: Any) -> None:
        assert run("disable", chatgpt.client_id, "--yes").returncode == 0
        spend_refresh_token(*spent)

    monkeypatch.setattr(store, "spend_refresh_token", meanwhile)

    assert world.refresh(chatgpt, tokens.refresh_token).json()["error"] == "invalid_grant"
    assert world.stored("oauthGrants") == []


def test_more_connections_end_than_fit_into_one_commit(world: World, run: Run) -> None:
    chatgpt, documents = world.assistant(), world.service.backends.documents
    for batch in range(3):
        grants = [create(f"oauthGrants/g-{batch}-{n}", {"clientId": chatgpt.client_id}) for n in range(367)]
        documents.commit(*grants)
    documents.commit(create("oauthGrants/other", {"clientId": "other"}))

    assert "1101 connections" in run("disable", chatgpt.client_id, "--yes").stdout

    assert [grant["_id"] for grant in world.stored("oauthGrants")] == ["other"]


def test_when_not_all_connections_could_be_ended_it_says_so(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: FirestoreOAuthStore, _client_id: str) -> int:
        raise Unavailable("Firestore query: DEADLINE_EXCEEDED")

    chatgpt = world.assistant()
    with monkeypatch.context() as patched:
        patched.setattr(FirestoreOAuthStore, "end_grants_of", broken)
        done = run("disable", chatgpt.client_id, "--yes")

    assert (done.returncode, "not all of its connections are ended" in done.stderr) == (1, True)
    assert world.ask(chatgpt).status_code == 400


@pytest.mark.parametrize(("answer", "status"), [("y", 400), ("n", 200), ("", 200), ("yes", 400), ("maybe", 200)])
def test_disabling_asks_first(world: World, answer: str, status: int) -> None:
    chatgpt = world.assistant()
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        done = client("disable", chatgpt.client_id, project=world.project, stdin=terminal)
    finally:
        os.close(keyboard)
        os.close(terminal)

    assert "ChatGPT" in done.stderr
    assert done.returncode == (0 if status == 400 else 1), done.stderr
    assert world.ask(chatgpt).status_code == status


def test_two_operators_at_once_both_get_what_they_asked_for(world: World) -> None:
    chatgpt, store = world.assistant(), world.service.backends.oauth
    colleagues = [f"https://example.com/{number}" for number in range(3)]

    def rule(client: Client) -> Client:
        if colleagues:
            uri = colleagues.pop()
            change(store, chatgpt.client_id, lambda client: add_redirect(client, uri))
        return add_redirect(client, OTHER_CALLBACK)

    changed = change(store, chatgpt.client_id, rule)

    (stored,) = world.stored("oauthClients")
    others = [f"https://example.com/{number}" for number in (2, 1, 0)]
    assert stored["redirectUris"] == list(changed.redirect_uris) == [CALLBACK, *others, OTHER_CALLBACK]


def test_a_lost_answer_leaves_no_secret_that_nobody_knows(world: World) -> None:
    chatgpt, store, secret = world.assistant(), world.service.backends.oauth, mint()
    world.service.counter.lose.append(grpc.StatusCode.UNAVAILABLE)

    changed = change(store, chatgpt.client_id, lambda client: add_secret(client, secret.hash()))

    assert world.service.counter.lose == []
    (stored,) = world.stored("oauthClients")
    assert stored["secretHashes"] == list(changed.secret_hashes)
    assert changed.secret_hashes[1:] == (secret.hash(),)
