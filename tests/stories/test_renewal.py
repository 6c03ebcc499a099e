"""What a refresh depends on besides its token: the person's account, and the key that makes successors."""

import os
from dataclasses import replace
from datetime import timedelta
from itertools import cycle

import pytest
import requests

from scripts.verbs.journey import Person, hidden_fields
from service.oauth.keys import Key
from tests.conformance.test_b_code import at_once
from tests.world import AUTH, World, answer_of, error_of, running


def change_account(world: World, person: Person, change: str) -> None:
    verb, body = ("delete", {}) if change == "deleted" else ("update", {"disableUser": change == "disabled"})
    url = f"http://{AUTH}/identitytoolkit.googleapis.com/v1/projects/{world.project}/accounts:{verb}"
    owner = {"Authorization": "Bearer owner"}
    answer = requests.post(url, json={"localId": person.uid} | body, headers=owner, timeout=20)
    assert answer.ok, answer.text


@pytest.mark.parametrize("gone", ["disabled", "deleted"])
@pytest.mark.parametrize("asked", ["anew", "again"])
def test_a_refresh_ends_the_connection_of_an_account_that_is_gone(world: World, gone: str, asked: str) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    if asked == "again":
        assert world.refresh(chatgpt, tokens.refresh_token).status_code == 200
    assert world.is_alive(tokens.access_token)
    change_account(world, ada, gone)

    assert error_of(world.refresh(chatgpt, tokens.refresh_token)) == (400, "invalid_grant")

    assert not world.is_alive(tokens.access_token)
    assert world.stored("oauthGrants") == []


@pytest.mark.parametrize("gone", ["disabled", "deleted"])
def test_an_account_that_went_after_the_consent_is_worth_no_token(world: World, gone: str) -> None:
    ada, chatgpt = world.person(), world.assistant()
    code = world.code(chatgpt, ada)
    change_account(world, ada, gone)

    assert error_of(world.exchange(chatgpt, code=code)) == (400, "invalid_grant")
    assert world.stored("oauthTokens") == []


def test_an_account_that_is_enabled_again_connects_again(world: World) -> None:
    ada, chatgpt = world.person(), world.assistant()
    tokens = world.connect(chatgpt, ada)
    change_account(world, ada, "disabled")
    assert world.refresh(chatgpt, tokens.refresh_token).status_code == 400
    change_account(world, ada, "enabled")

    assert error_of(world.refresh(chatgpt, tokens.refresh_token)) == (400, "invalid_grant")
    assert world.is_alive(world.connect(chatgpt, ada).access_token)


class Versions:
    """A keyring whose versions a test adds and takes away; the last one added is the current one."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.add("1")

    def add(self, key_id: str) -> None:
        self.keys[key_id] = Key(key_id, os.urandom(32))

    def current(self) -> Key:
        return list(self.keys.values())[-1]

    def find(self, key_id: str) -> Key | None:
        return self.keys.get(key_id)

    find_known = find


def test_a_lost_answer_is_found_again_after_the_key_was_rotated(world: World) -> None:
    world.service.backends.keyring = versions = Versions()
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    second = world.refresh(chatgpt, first.refresh_token).json()["refresh_token"]

    versions.add("2")

    assert world.refresh(chatgpt, first.refresh_token).json()["refresh_token"] == second
    third = world.refresh(chatgpt, second)
    assert third.status_code == 200
    assert {token["keyId"] for token in world.stored("oauthTokens")} == {None, "1", "2"}
    del versions.keys["1"]
    assert world.refresh(chatgpt, third.json()["refresh_token"]).status_code == 200


def test_a_page_from_before_the_key_was_rotated_can_be_answered(world: World) -> None:
    world.service.backends.keyring = versions = Versions()
    chatgpt, ada = world.assistant(), world.person()
    form = hidden_fields(world.ask(chatgpt).text) | {"decision": "allow", "id_token": world.firebase.sign_in(ada)}

    versions.add("2")

    assert answer_of(world.decide(form))["code"]


def test_a_version_that_is_gone_too_early_is_nobodys_fault(world: World) -> None:
    world.service.backends.keyring = versions = Versions()
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    second = world.refresh(chatgpt, first.refresh_token).json()
    versions.add("2")
    old = versions.keys.pop("1")

    refused = world.refresh(chatgpt, first.refresh_token)

    assert error_of(refused) == (503, "temporarily_unavailable")
    assert int(refused.headers["Retry-After"]) >= 1
    assert world.is_alive(second["access_token"])
    versions.keys = {"1": old} | versions.keys
    again = world.refresh(chatgpt, first.refresh_token)
    assert again.json()["refresh_token"] == second["refresh_token"]
    assert world.refresh(chatgpt, second["refresh_token"]).status_code == 200


def test_a_thief_is_found_without_the_key_once_the_grace_is_over(world: World) -> None:
    world.service.backends.keyring = versions = Versions()
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    second = world.refresh(chatgpt, first.refresh_token).json()
    versions.add("2")
    del versions.keys["1"]
    world.service.clock.move(timedelta(seconds=61))

    assert error_of(world.refresh(chatgpt, first.refresh_token)) == (400, "invalid_grant")
    assert not world.is_alive(second["access_token"])


def test_instances_that_disagree_on_the_current_key_agree_on_one_successor(world: World) -> None:
    world.service.backends.keyring = old = Versions()
    chatgpt = world.assistant()
    first = world.connect(chatgpt, world.person())
    with running(world.project) as service:
        service.backends.keyring = new = Versions()
        new.keys |= old.keys
        new.add("2")
        old.keys = {"2": new.keys["2"]} | old.keys  # known there, but not yet current
        instances = cycle([world, replace(world, service=service)])

        answers = at_once(8, lambda: next(instances).refresh(chatgpt, first.refresh_token))

    assert [answer.status_code for answer in answers] == [200] * 8
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    assert world.refresh(chatgpt, successor).status_code == 200
