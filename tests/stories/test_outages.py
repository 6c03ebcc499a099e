"""When something that we depend on does not answer: 503 with Retry-After in the door's shape, soon, nothing half-done."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from scripts.verbs.journey import hidden_fields
from scripts.verbs.processes import free_port
from service.oauth.firestore import FirestoreOAuthStore
from service.oauth.store import Spent
from tests.mcp_client import McpClient
from tests.stories.conftest import FakeHelper
from tests.world import World, question, running

SOON = 20.0


def test_without_firestore_every_door_says_so(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    nowhere = f"127.0.0.1:{free_port()}"

    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    form |= {"client_id": chatgpt.client_id, "client_secret": chatgpt.client_secret}
    with (
        running(world.project, public_url=world.service.url, firestore_emulator=nowhere) as service,
        ThreadPoolExecutor() as doors,  # each takes its time to give up
    ):
        began = time.monotonic()
        asked = [
            doors.submit(service.post, "/notes", json={"title": "t", "content": "c"}, headers=tokens.bearer),
            doors.submit(service.get, "/authorization", params=question(chatgpt)),
            doors.submit(service.post, "/token", data=form),
        ]
        tool = doors.submit(McpClient(service, bearer=tokens.bearer).call, "saveNote", title="t", content="c").result()
        note, page, token = answers = [answer.result() for answer in asked]
        assert time.monotonic() - began < SOON
        assert service.get("/health").status_code == 200

    assert tool["isError"] is True  # what a model reads is the result: no error of the transport
    assert "Try the same again" in tool["content"][0]["text"]
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    assert note.json()["error"]["code"] == "temporarily_unavailable"
    assert token.json()["error"] == "temporarily_unavailable"
    assert "Try the same again" in page.text
    # Nothing was half-done: the same token refreshes and saves where the store is there.
    assert world.refresh(chatgpt, tokens.refresh_token).status_code == 200
    assert world.save(tokens).status_code == 201


def test_without_firebase_authentication_nobody_is_let_in(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    id_token = world.firebase.sign_in(ada)
    form = hidden_fields(world.ask(chatgpt).text) | {"id_token": id_token, "decision": "allow"}

    with running(world.project, auth_emulator=f"127.0.0.1:{free_port()}") as service:
        answer = service.post("/authorization", data=form)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert world.stored("oauthCodes") == []


def test_the_sign_in_helper_is_relayed_from_firebase(world: World, helper_origin: FakeHelper) -> None:
    with running(world.project, auth_helper_origin=helper_origin.url) as service:
        script = service.get("/__/auth/handler.js?v=1")
        moved = service.get("/__/auth/handler?a=b%20c")
        posted = service.post(
            "/__/auth/handler?x", data="state=1&code=2", headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        onward = service.get("/__/auth/links")
        own = service.get("/__/firebase/init.json").json()

    assert (script.text, script.headers["Content-Type"]) == ("GET /__/auth/handler.js?v=1 ", "text/javascript")
    assert script.headers["Cache-Control"] == "max-age=60"
    assert script.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert script.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert "Set-Cookie" not in script.headers
    assert moved.text == "GET /__/auth/handler?a=b%20c "
    assert posted.text == "POST /__/auth/handler?x state=1&code=2"
    assert (onward.status_code, onward.headers["Location"]) == (302, "/__/auth/handler?next")
    assert own["authDomain"] == service.url.partition("://")[2]
    assert helper_origin.cookies == [None] * 4


def test_without_the_sign_in_helper_its_pages_are_503(world: World) -> None:
    with running(world.project, auth_helper_origin=f"http://127.0.0.1:{free_port()}") as service:
        assert service.get("/__/auth/iframe").status_code == 503


def test_two_instances_know_the_same(world: World) -> None:
    chatgpt = world.assistant()
    tokens = world.connect(chatgpt, world.person())

    with running(world.project, public_url=world.service.url) as other:
        assert other.post("/notes", json={"title": "t", "content": "c"}, headers=tokens.bearer).status_code == 201
        assert other.counter.calls == ["Commit"]
        world.refresh(chatgpt, tokens.refresh_token)
        world.service.clock.move(timedelta(seconds=61))
        world.refresh(chatgpt, tokens.refresh_token)  # a replay: ends the connection, at once and everywhere
        assert other.post("/notes", json={"title": "t", "content": "d"}, headers=tokens.bearer).status_code == 401


class Overtaken(FirestoreOAuthStore):
    """A store in which somebody else is always faster."""

    def spend_code(self, *_: object) -> None:
        raise Spent

    def spend_refresh_token(self, *_: object) -> None:
        raise Spent


def test_who_is_always_overtaken_is_told_to_come_back(world: World) -> None:
    chatgpt, ada = world.assistant(), world.person()
    tokens, code = world.connect(chatgpt, ada), world.code(chatgpt, ada)
    store = world.service.backends.oauth
    world.service.backends.oauth = Overtaken(world.service.backends.documents)

    for answer in (world.exchange(chatgpt, code=code), world.refresh(chatgpt, tokens.refresh_token)):
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        assert int(answer.headers["Retry-After"]) > 0

    world.service.backends.oauth = store
    assert world.exchange(chatgpt, code=code).status_code == 200
    assert world.refresh(chatgpt, tokens.refresh_token).status_code == 200
