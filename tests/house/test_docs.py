"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest

from scripts.verbs.settings import PAGE, page
from service.variables import SAME, VARIABLES
from tests.assistant import connected
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
DOCS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
COLLECTIONS = (
    "oauthClients",
    "oauthCodes",
    "oauthTokens",
    "oauthGrants",
    "contractCalls",
    "accountDeletions",
    "endedSessions",
)


@pytest.mark.parametrize("document", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), target


def described(section: str) -> set[str]:
    """The fields that docs/storage.md lists under the heading of SECTION."""
    text = (ROOT / "docs/storage.md").read_text(encoding="utf-8")
    body = re.split(r"^## ", text.partition(f"## `{section}")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `(\w+)`", body, re.MULTILINE))


def test_storage_md_has_every_field_that_is_stored(world: World) -> None:
    ada = world.person()
    chatgpt = connected(world, ada)
    world.refresh(chatgpt.client, chatgpt.tokens.refresh_token)
    note = {"title": "t", "content": "c", "tags": ["t"], "sourceUrl": "https://example.com/"}
    saved = world.service.post("/at/0123456789ab/notes", json=note, headers=chatgpt.tokens.bearer)
    assert chatgpt.change(saved.json(), append="more").status_code == 200

    world.service.backends.leaving.account_disabled(ada.uid, world.service.clock())
    world.service.backends.leaving.delete(world.person().uid, world.service.clock())

    stored = {name: world.stored(name) for name in COLLECTIONS} | {"users": world.notes(ada)}

    for name, documents in stored.items():
        assert documents
        for document in documents:
            assert document.keys() - {"_id"} == described(name), name


def test_operating_md_has_the_table_that_the_code_makes() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert page(text) == text, "write it anew: scripts/settings"
    assert re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE) == [variable.name for variable in VARIABLES]
    _, _, refused = (ROOT / "docs/configuration.md").read_text(encoding="utf-8").partition("## A wrong world")
    for name, ours in SAME.items():
        assert f"`{name}`" in refused
        assert f"`{ours}`" in text


def test_no_variable_is_read_that_is_not_declared_and_none_declared_that_is_not_read() -> None:
    code = (ROOT / "service/settings.py").read_text(encoding="utf-8")

    assert set(re.findall(r'(?<=[a-z]\()(?<!replace\()"([A-Z][A-Z_]{3,})"', code)) | {"K_SERVICE"} == {
        variable.name for variable in VARIABLES
    }


def test_the_readme_has_the_two_commands_and_a_map_of_the_tree() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "scripts/serve\n" in text
    assert "scripts/test\n" in text
    folders = [path for path in (ROOT / "service").iterdir() if path.is_dir() and not path.name.startswith("_")]
    assert [path.name for path in folders if f"{path.name}/" not in text] == []
