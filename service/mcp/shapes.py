"""Tools whose shape a host lays down: `search` and `fetch` of deep research, and the profile of ChatGPT.

They run the operations of the same kind. Shapes: developers.openai.com/api/docs/mcp, /apps-sdk/reference.
"""

from collections.abc import Callable, Mapping
from typing import Any

from service.actions.operation import Answer

Run = Callable[[Mapping[str, Any]], Answer]
_OK, _CHANGED = 200, 409
_TEXT, _WEB = {"type": "string"}, {"type": "string", "description": "Opens the note in the person's app."}
FOUND = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "title", "url"],
                "properties": {"id": _TEXT, "title": _TEXT, "url": _WEB},
            },
        }
    },
}
FETCHED = {
    "type": "object",
    "required": ["id", "title", "text", "url"],
    "properties": {
        "id": _TEXT,
        "title": _TEXT,
        "text": {"type": "string", "description": "The note's whole text as Markdown."},
        "url": _WEB,
        "metadata": {"type": "object", "additionalProperties": _TEXT},
    },
}
PROFILE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "description": "Names the account and stays the same."},
        "name": _TEXT,
        "email": _TEXT,
    },
}


def search(run: Run, arguments: Mapping[str, Any]) -> Answer:
    results = [{name: note[name] for name in ("id", "title", "url")} for note in run(arguments).body["notes"]]
    return Answer(_OK, {"results": results})


def fetch(run: Run, arguments: Mapping[str, Any]) -> Answer:
    """The whole note, however many pages it has; 409 when it was changed between two of them."""
    page = run(arguments)
    first, texts = page.body, [page.body["content"]]
    while "nextOffset" in page.body:
        page = run({**arguments, "offset": page.body["nextOffset"]})
        if page.body["version"] != first["version"]:
            return Answer(
                _CHANGED, {"error": {"code": "changed", "message": "The note was just changed. Fetch it again."}}
            )
        texts.append(page.body["content"])
    metadata = {name: first[name] for name in ("kind", "createdAt", "updatedAt", "sourceUrl") if first.get(name)}
    metadata |= {"tags": ", ".join(first["tags"])} if first["tags"] else {}
    shown = {"id": first["id"], "title": first["title"], "text": "".join(texts), "url": first["url"]}
    return Answer(_OK, shown | {"metadata": metadata})


def profile(run: Run, arguments: Mapping[str, Any]) -> Answer:
    """ChatGPT wants the id, and perhaps the name and the address, and nothing else."""
    found = run(arguments).body
    return Answer(_OK, {name: value for name, value in found.items() if name in PROFILE["properties"]})
