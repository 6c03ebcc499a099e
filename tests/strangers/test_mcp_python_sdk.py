"""The official Python SDK gets from the address of the door to a saved note, in both eras, and keeps it.

It holds each result against the output schema of its tool, for which it lists the tools by itself.
"""

from typing import Any

import pytest

from tests.strangers.mcp_story import (
    CALL,
    CHALLENGED,
    DISCOVERY,
    EXCHANGE,
    HANDSHAKE,
    LIST,
    MODERN,
    OPENING,
    RENEWAL,
    Story,
    connecting,
)

MODES = {MODERN: "auto", HANDSHAKE: "legacy"}


def tell(
    story: Story, version: str, held: tuple[str, dict[str, Any]] | None = None, document: str | None = None
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The receipts of a note that is saved twice, and what the person was asked for, once. HELD is from an earlier day."""
    from tests.strangers.python_sdk import Owner, save_twice  # it takes a second, which others need not wait

    owner = Owner(story, held)
    spoken, receipts = save_twice(story, owner, MODES[version], document)
    assert spoken == version
    (asked,) = owner.asked
    return receipts, asked


@pytest.fixture(autouse=True)
def same_time(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK renews a token when its own clock says so: it lives in the time of the service."""

    class Time:
        @staticmethod
        def time() -> float:
            return story.service.clock().timestamp()

    monkeypatch.setattr("mcp.client.auth.oauth2.time", Time)
    monkeypatch.setattr("mcp.shared.auth_utils.time", Time)


def whole_way(version: str, document: str | None = None) -> list[str]:
    challenged = [f"{CALL} 401", *connecting(document), f"{CALL} 200", LIST]
    return [*OPENING[version], *challenged, RENEWAL, f"{CALL} 200"]


@pytest.mark.parametrize("version", MODES)
def test_it_registers_saves_and_renews(story: Story, version: str) -> None:
    """From the challenge alone it finds everything, by RFC 9728, 8414 and 7591; it renews before it is refused."""
    receipts, asked = tell(story, version)

    story.check_the_end(receipts)
    story.check_the_question(asked)
    assert story.asked == whole_way(version)


@pytest.mark.parametrize("version", MODES)
def test_it_is_known_by_its_document_where_it_has_one(story: Story, document: str, version: str) -> None:
    """The metadata says that documents are read (CIMD), so it registers nowhere: its id is the document's URL."""
    receipts, asked = tell(story, version, document=document)

    story.check_the_end(receipts, document)
    assert story.asked == whole_way(version, document)
    assert asked["client_id"] == document


@pytest.mark.parametrize("version", MODES)
def test_it_asks_again_when_it_may_only_read(story: Story, version: str) -> None:
    """The 403 names what is missing; what the person is asked for is that, and what was granted before."""
    receipts, asked = tell(story, version, held=story.connect_to_read())

    assert [receipt["created"] for receipt in receipts] == [True, False]
    story.check_the_question(asked)
    widened = [f"{CALL} 403", *DISCOVERY, EXCHANGE, f"{CALL} 200", LIST]
    assert story.asked == [*OPENING[version], *widened, RENEWAL, f"{CALL} 200"]


@pytest.mark.parametrize("sign_in", ["first"])
@pytest.mark.parametrize("version", MODES)
def test_it_signs_in_before_it_opens_where_it_must(story: Story, version: str) -> None:
    """Where MCP_SIGN_IN is `first`, the challenge comes with the opening, and the opening again after it."""
    receipts, asked = tell(story, version)

    story.check_the_end(receipts)
    story.check_the_question(asked)
    opened = [CHALLENGED[version], *connecting(), *OPENING[version]]
    assert story.asked == [*opened, f"{CALL} 200", LIST, RENEWAL, f"{CALL} 200"]
