"""Both official TypeScript SDKs get from the address of the door to a saved note, and keep it.

The older one speaks the handshake era, the newer one both. They list the tools first, and hold each result against the
output schema that they listed.
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
    LOOPBACK,
    MODERN,
    OPENING,
    RENEWAL,
    SCOPE,
    Story,
    connecting,
    query,
    without_offline,
)
from tests.strangers.programs import FOLDER, newer_node, play

OLDER, NEWER_AS_OLDER, NEWER = ("sdk", HANDSHAKE), ("client", HANDSHAKE), ("client", MODERN)


def tell(story: Story, program: str, version: str, **facts: Any) -> dict[str, Any]:
    """What PROGRAM says in the end of a note that it saved twice, and where it sent its person meanwhile."""
    era = {MODERN: "auto", HANDSHAKE: "legacy"}[version]
    told = {"url": story.url, "redirect_uri": LOOPBACK, "era": era} | facts
    said = play(story, story.ada, [newer_node(), FOLDER / "mcp" / f"{program}.mjs"], told)
    if "done" in said:
        assert (said["done"]["version"], said["done"]["server"]) == (version, "itsimple-mate")
    return said


def whole_way(version: str, document: str | None = None) -> list[str]:
    challenged = [f"{CALL} 401", *connecting(document), f"{CALL} 200"]
    return [*OPENING[version], LIST, *challenged, f"{CALL} 401", RENEWAL, f"{CALL} 200"]


@pytest.mark.parametrize(("program", "version"), [OLDER, NEWER_AS_OLDER, NEWER])
def test_they_register_save_and_renew(story: Story, program: str, version: str) -> None:
    """From the challenge alone they find everything; that a token has expired they learn from the next one."""
    said = tell(story, program, version)

    assert "done" in said, said
    story.check_the_end(said["done"]["receipts"])
    assert story.asked == whole_way(version)
    (visited,) = said["visits"]
    story.check_the_question(query(visited))


@pytest.mark.parametrize(("program", "version"), [OLDER, NEWER])
def test_they_are_known_by_their_document_where_they_have_one(
    story: Story, document: str, program: str, version: str
) -> None:
    """The metadata says that documents are read (CIMD), so they register nowhere: their id is the document's URL."""
    said = tell(story, program, version, document=document)

    assert "done" in said, said
    story.check_the_end(said["done"]["receipts"], document)
    assert story.asked == whole_way(version, document)


@pytest.mark.parametrize("sign_in", ["first"])
@pytest.mark.parametrize(("program", "version"), [OLDER, NEWER])
def test_they_sign_in_before_they_open_where_they_must(story: Story, program: str, version: str) -> None:
    """Where MCP_SIGN_IN is `first`, the challenge comes with the opening, and they connect again after it."""
    said = tell(story, program, version)

    assert "done" in said, said
    story.check_the_end(said["done"]["receipts"])
    opened = [CHALLENGED[version], *connecting(), *OPENING[version], LIST]
    assert story.asked == [*opened, f"{CALL} 200", f"{CALL} 401", RENEWAL, f"{CALL} 200"]


def held(story: Story) -> dict[str, Any]:
    """What a client of an earlier day has, as both SDKs store it: with the issuer."""
    client_id, tokens = story.connect_to_read()
    issuer = {"issuer": story.service.url}
    about = {"redirect_uris": [LOOPBACK], "token_endpoint_auth_method": "none"}
    return {"client": {"client_id": client_id} | about | issuer, "tokens": tokens | issuer}


@pytest.mark.parametrize(("program", "version"), [NEWER_AS_OLDER, NEWER])
def test_the_newer_one_asks_again_when_it_may_only_read(story: Story, program: str, version: str) -> None:
    """The 403 names what is missing; what the person is asked for is that, and what was granted before."""
    said = tell(story, program, version, held=held(story))

    assert "done" in said, said
    assert [receipt["created"] for receipt in said["done"]["receipts"]] == [True, False]
    assert without_offline(said["done"]["scope"].split()) == SCOPE
    (visited,) = said["visits"]
    story.check_the_question(query(visited))
    widened = [f"{CALL} 403", *DISCOVERY, EXCHANGE, f"{CALL} 200"]
    assert story.asked == [*OPENING[version], LIST, *widened, f"{CALL} 401", RENEWAL, f"{CALL} 200"]


def test_the_older_one_renews_what_is_too_narrow_and_says_so(story: Story) -> None:
    """It has a refresh token, so it asks nobody: a renewal is as narrow as before, and after one it gives up."""
    said = tell(story, *OLDER, held=held(story))

    assert "403 after trying upscoping" in said["failed"]["message"]
    assert said["visits"] == []
    assert story.notes(story.ada) == []
    assert story.asked == [*OPENING[HANDSHAKE], LIST, f"{CALL} 403", *DISCOVERY, RENEWAL, f"{CALL} 403"]
