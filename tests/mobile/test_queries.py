"""The app asks what docs/mobile.md lets it ask: nothing else has an index in production."""

import json
import re
import subprocess

import pytest

from scripts.verbs.processes import ROOT
from tests.mobile.queries import AppQuery, allowed, written
from tests.needed_indexes import needs

BY_TAG = AppQuery(frozenset({("tags", "array-contains")}), (("createdAt", "desc"),))
SCRIPTS = sorted(path for path in ROOT.glob("service/pages/static/*.js"))


def test_the_sdk_sends_what_the_table_says() -> None:
    rows = [query for query, _ in allowed()]
    asked = [{"filters": sorted(query.filters), "order": query.order} for query in rows]

    done = subprocess.run(
        ["node", "tests/mobile/wire.mjs", json.dumps(asked)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    sent = [json.loads(line) for line in done.stdout.splitlines()]
    assert [needs(query) for query in sent] == [needs(query.structured()) for query in rows]


def test_our_own_scripts_and_the_snippets_ask_nothing_else() -> None:
    snippets = re.findall(r"^```(?:js|javascript|kotlin|swift|dart)\n(.*?)^```", _mobile(), re.MULTILINE | re.DOTALL)
    texts = {path.name: path.read_text(encoding="utf-8") for path in SCRIPTS} | dict(enumerate(snippets))
    rows = {query for query, _ in allowed()}

    assert {name: asked for name, text in texts.items() if (asked := set(written(text)) - rows)} == {}


def _mobile() -> str:
    return (ROOT / "docs/mobile.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "code",
    [
        'const q = query(notes, where("tags", "array-contains", tag), orderBy("createdAt", "desc"), limit(20));',
        'onSnapshot(query(\n  notes,\n  where("tags", "array-contains", tag),\n  orderBy("createdAt", "desc"),\n), show);',
        'notes.whereArrayContains("tags", tag)\n    .orderBy("createdAt", Query.Direction.DESCENDING)\n    .limit(20)',
        'notes.whereField("tags", arrayContains: tag)\n    .order(by: "createdAt", descending: true)',
        "notes\n  .where('tags', arrayContains: tag)\n  .orderBy('createdAt', descending: true)",
    ],
)
def test_a_query_is_read_in_each_language(code: str) -> None:
    assert list(written(f"first();\n{code}\nlast();")) == [BY_TAG]


@pytest.mark.parametrize(
    "code",
    ["query(notes, where(field, '==', value))", 'query(notes, orderBy("createdAt"))', 'notes.whereIn("kind", kinds)'],
)
def test_a_query_that_is_not_written_out_is_an_error(code: str) -> None:
    with pytest.raises(ValueError, match="not known here"):
        list(written(code))
