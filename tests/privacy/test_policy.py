"""What `/privacy` says follows from the settings, and says it in words."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.privacy.policy import document, write_policy
from service.privacy.stored import spoken
from tests.world import new_project, settings

SETTINGS = settings(new_project(), "http://localhost:8080")


def said(**changed: Any) -> dict[str, Any]:
    """The document with these settings CHANGED, as JSON has it."""
    told: dict[str, Any] = json.loads(json.dumps(document(write_policy(replace(SETTINGS, **changed)))))
    return told


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=90), "1 minute 30 seconds"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=25, seconds=2), "1 day 1 hour 2 seconds"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_a_period_is_said_exactly(period: timedelta, words: str) -> None:
    assert spoken(period) == words


def test_it_says_who_runs_the_service_for_which_app() -> None:
    told = said(company="Ada & Co", contact="ada@example.com", app_name="Analytical")

    assert (told["company"], told["contact"], told["app"]) == ("Ada & Co", "ada@example.com", "Analytical")
    assert "Analytical" in told["disclaimer"]
    assert any("Ada & Co, ada@example.com" in line for line in told["deletion"])


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("privacy+mate@example.com", "mailto:privacy+mate@example.com"),
        ("böse@example.com", "mailto:b%C3%B6se@example.com"),
        ("https://example.com/ask?about=mate&x=1", "https://example.com/ask?about=mate&x=1"),
    ],
)
def test_a_contact_is_an_address_that_can_be_followed(contact: str, url: str) -> None:
    assert write_policy(replace(SETTINGS, contact=contact)).contact_url == url


def test_nothing_in_the_document_is_null_or_empty() -> None:
    def check(value: object) -> None:
        assert value not in (None, "", [], {})
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(inner)

    check(said())
    check(said(sign_in_methods=("password",)))


def test_only_the_ways_to_sign_in_that_there_are_are_spoken_of() -> None:
    everything, password = "".join(said()["browser"]), "".join(said(sign_in_methods=("password",))["browser"])

    assert "Google or Apple" in everything
    assert "sign-in link" in everything
    assert "Apple" not in password
    assert "script" not in password
    assert "link" not in password
    assert "Google or Apple" not in "".join(said(sign_in_methods=("apple", "email-link"))["browser"])


def test_no_field_is_claimed_twice() -> None:
    for stored in said()["stored"]:
        fields = [field for item in stored["items"] for field in item["fields"]]
        assert len(fields) == len(set(fields)), stored["collection"]
