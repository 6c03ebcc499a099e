"""The plugin itself, as Agent Plugins 1.0.0 lays it down (agent-plugins.org): manifest, MCP server, skill.

What is OpenAI's own is below `extensions`: developers.openai.com/plugins/build/plugins.
"""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from scripts.verbs.plugin.listing import Listing
from scripts.verbs.processes import ROOT, Failed

GUIDE = ROOT / "docs" / "chatgpt.md"
SUBTITLE = "Save it to your own notes"
CATEGORY = "Productivity"
_SCHEMAS = "https://agent-plugins.org/schemas/1.0.0"
_SKILL = "notes"
_APP = "ItsimpleAI"  # how the guide calls the app
_EPOCH = (2026, 1, 1, 0, 0, 0)  # the same plugin is the same archive


def description(listing: Listing) -> str:
    """For the page of the plugin in the directory."""
    return (
        f"Say “save it”, and the answer becomes a note in your own {listing.title} app, word for word as Markdown. Each save "
        "is shown as a receipt with its title and a link, and saying it twice never makes a second note. Find, read, "
        "change and delete your notes from the chat; an edit that you made on the phone meanwhile is never overwritten. "
        f"At {listing.website}/connections you see each connected assistant with what it did, and end it with one click. "
        "There is a game of tic-tac-toe, too, for which nobody signs in."
    )


def instructions(title: str) -> str:
    """What `docs/chatgpt.md` has a GPT told, for the app TITLE. The tools have the same names in a plugin."""
    text = GUIDE.read_text(encoding="utf-8").partition("```text\n")[2].partition("```")[0]
    if _APP not in text:
        raise Failed(f"{GUIDE.name} has no instructions that name {_APP}.")
    return text.replace(_APP, title)


def starters() -> list[str]:
    """The conversation starters of `docs/chatgpt.md` that can be sent as they are; the directory takes three."""
    line = GUIDE.read_text(encoding="utf-8").partition("**Conversation starters**:")[2].partition("\n\n")[0]
    return [starter for starter in re.findall(r"\*([^*]+)\*", " ".join(line.split())) if "…" not in starter][:3]


def files(listing: Listing) -> dict[str, bytes]:
    """Every file of the plugin by its path in it."""
    server = {"type": "streamable-http", "url": listing.mcp_url}
    made = {
        "plugin.json": as_json(_manifest(listing)),
        "mcp.json": as_json({"$schema": f"{_SCHEMAS}/mcp.schema.json", "mcpServers": {listing.name: server}}),
        f"skills/{_SKILL}/SKILL.md": _skill(listing.title).encode(),
    }
    return made | ({"assets/logo.png": listing.logo} if listing.logo else {})


def pack(made: Mapping[str, bytes]) -> bytes:
    """The ZIP that the submission takes: the plugin at its root, each folder with an entry of its own."""
    folders = {path[: at + 1] for path in made for at, letter in enumerate(path) if letter == "/"}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted({*folders, *made}):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o40755 << 16 | 0x10) if path.endswith("/") else 0o100644 << 16
            archive.writestr(entry, made.get(path, b""))
    return packed.getvalue()


def as_json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _manifest(listing: Listing) -> dict[str, Any]:
    pages = {
        "websiteURL": listing.website,
        "supportURL": listing.support,
        "privacyPolicyURL": listing.privacy,
        "termsOfServiceURL": listing.terms,
    }
    logo = dict.fromkeys(("composerIcon", "logo"), "./assets/logo.png") if listing.logo else {}
    return {
        "$schema": f"{_SCHEMAS}/plugin.schema.json",
        "name": listing.name,
        "version": listing.version,
        "description": f"{SUBTITLE} in {listing.title}.",
        "author": {"name": listing.developer, "url": listing.website},
        "homepage": listing.website,
        "extensions": {
            "com.openai": {
                "interface": {
                    "displayName": listing.title,
                    "shortDescription": SUBTITLE,
                    "longDescription": description(listing),
                    "developerName": listing.developer,
                    "category": CATEGORY,
                    "capabilities": ["Read", "Write"],
                    **{name: url for name, url in pages.items() if url},
                    "defaultPrompt": starters(),
                    **logo,
                }
            }
        },
    }


def _skill(title: str) -> str:
    use = (
        f"Saves, finds, reads, changes and deletes notes in the person's own {title} app. Use it when they say “save it”, "
        "“keep this” or “note that”, or ask for something that they saved."
    )
    head = f"---\nname: {_SKILL}\ndescription: {json.dumps(use, ensure_ascii=False)}\n---\n"
    return f"{head}\n# Notes in {title}\n\n{instructions(title)}"
