"""ChatGPT connects to a person's notes and saves, over HTTP."""

from datetime import timedelta

import pytest

from service.google_backends import GoogleBackends
from tests.world import World


def test_what_the_assistant_saves_is_a_note_of_that_person(world: World) -> None:
    ada, chatgpt = world.person("ada"), world.assistant()
    tokens = world.connect(chatgpt, ada)

    saved = world.save(tokens, "Café names", "1. **Crema** ☕\n")

    assert saved.status_code == 201
    receipt = saved.json()
    assert receipt["title"] == "Café names"
    assert receipt["createdAt"].endswith("Z")
    read = world.read(f"users/{ada.uid}/notes/{receipt['id']}", world.firebase.sign_in(ada))
    assert read.json()["fields"]["content"] == {"stringValue": "1. **Crema** ☕\n"}
    (note,) = world.notes(ada)
    assert note["kind"] == "note"
    assert note["source"] == {"clientId": chatgpt.client_id, "clientName": "ChatGPT"}
    assert note["createdAt"] == note["updatedAt"]


def test_the_page_names_the_assistant_what_it_may_do_and_where_one_returns(world: World) -> None:
    page = world.ask(world.assistant("Itsimple <b>Mate</b>"))

    assert page.status_code == 200
    assert "Itsimple &lt;b&gt;Mate&lt;/b&gt;" in page.text
    assert "Save new notes" in page.text
    assert "<b>chatgpt.com</b>" in page.text
    assert "this computer" not in page.text
    assert page.headers["X-Frame-Options"] == "DENY"
    policy = dict(line.strip().partition(" ")[::2] for line in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == "'self' https://apis.google.com"
    assert policy["style-src"] == "'self'"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_the_page_warns_when_one_returns_to_a_program_on_this_computer(world: World) -> None:
    assert "this computer" in world.ask(world.assistant("Tool", "http://127.0.0.1:5000/cb")).text


def test_a_connection_outlives_its_access_token(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    world.service.clock.move(timedelta(hours=1, seconds=1))
    assert world.save(tokens).status_code == 401

    answer = world.refresh(chatgpt, tokens.refresh_token)

    assert answer.status_code == 200
    renewed = answer.json()
    assert renewed["refresh_token"] != tokens.refresh_token
    saved = world.service.post(
        "/notes",
        json={"title": "t", "content": "c"},
        headers={"Authorization": f"Bearer {renewed['access_token']}"},
    )
    assert saved.status_code == 201


def test_a_save_is_one_commit_also_on_an_instance_that_has_never_seen_the_token(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())
    world.service.counter.calls.clear()

    assert world.save(tokens).status_code == 201

    assert world.service.counter.calls == ["Commit"]


def test_connecting_takes_two_round_trips_and_so_does_refreshing(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    code = world.code(chatgpt, ada)
    world.service.counter.calls.clear()

    tokens = world.exchange(chatgpt, code=code).json()
    assert world.service.counter.calls == ["BatchGetDocuments", "Commit"]
    world.refresh(chatgpt, tokens["refresh_token"])
    assert world.service.counter.calls == ["BatchGetDocuments", "Commit"] * 2


def test_saving_the_same_again_returns_the_first_note(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)
    first = world.save(tokens, "First title", "same text")

    again = world.save(tokens, "Second title", "same text")

    assert (first.status_code, again.status_code) == (201, 200)
    receipt = first.json()
    receipt.pop("version")  # of another title than this call knows
    assert again.json() == receipt | {"created": False}
    assert len(world.notes(ada)) == 1


def test_the_same_text_in_another_conversation_is_another_note(world: World) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)

    answers = [world.save(tokens, **{"openai-conversation-id": name}).status_code for name in ("c1", "c2", "c1")]

    assert answers == [201, 201, 200]
    assert {note["source"]["conversationId"] for note in world.notes(ada)} == {"c1", "c2"}


@pytest.mark.parametrize("name", ["x" * 201, "a\tb", "a\xa0b"])
def test_a_conversation_that_cannot_be_one_is_left_out(world: World, name: str) -> None:
    ada = world.person()
    tokens = world.connect(world.assistant(), ada)

    assert world.save(tokens, **{"openai-conversation-id": name}).status_code == 201
    assert world.save(tokens).status_code == 200

    assert "conversationId" not in world.notes(ada)[0]["source"]


def test_a_save_shows_on_the_connection(world: World) -> None:
    tokens = world.connect(world.assistant(), world.person())
    (before,) = world.stored("oauthGrants")
    world.service.clock.move(timedelta(minutes=5))

    world.save(tokens)

    (after,) = world.stored("oauthGrants")
    assert after["lastUsedAt"] > before["lastUsedAt"]
    assert after["createdAt"] == before["createdAt"]


def test_the_service_starts_without_google(world: World) -> None:
    assert "documents" not in vars(GoogleBackends(world.service.settings))
    assert world.service.get("/health").json() == {"status": "ok"}
    assert world.service.counter.calls == []
