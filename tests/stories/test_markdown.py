"""Byte for byte: the Markdown that arrives is the Markdown that is stored and read on the phone."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.verbs.journey import Person
from tests.world import Tokens, World
from tests.world import world as new_world

KINDS = {
    "code block": '```python\ndef f(x):\n\treturn f"{x!r}\\n"\n```\n',
    "nested fences": "````md\n```\ninner\n```\n````",
    "table": "| a | b |\n|:--|--:|\n| `x|y` | **z** |\n",
    "latex": "$$\\int_0^1 \\frac{x^2}{\\sqrt{1-x}}\\,dx$$ and \\(a \\ne b\\)",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 ☕️ 🇺🇳",
    "right to left": "# שלום\n\u202b\u0645\u0631\u062d\u0628\u0627\u202c (1) \u200f",
    "combining": "é é Å ﬁ",
    "windows lines": "a\r\nb\rc\n",
    "trailing space": "line  \nnext\n\n\n   ",
    "html": "<script>alert(1)</script><!-- --> &amp; &#x27;",
    "tabs": "\t- a\n\t\t- b",
    "links": "[a](https://example.com/?q=%C3%A9&x=1#y) ![](data:image/png;base64,AAAA)",
    "tasks": "- [ ] one\n- [x] two\n1) three",
    "byte order mark": "\ufeffstart",
    "invisible": "a\u200bb\u00adc\u2028d\u2029e\u0085f",
    "noncharacters": "\uffff\ufdd0\U0010ffff",
    "json in json": json.dumps({"a": ['"', "\\", "/"]}),
}


@pytest.fixture(scope="module")
def saved_by() -> Iterator[tuple[World, Person, Tokens, str]]:
    with new_world(calls_per_minute=100_000) as made:
        ada = made.person()
        yield made, ada, made.connect(made.assistant(), ada), made.firebase.sign_in(ada)


Saved = tuple[World, Person, Tokens, str]


def there_and_back(saved_by: Saved, title: str, content: str, *, escaped: bool) -> tuple[str, str]:
    world, ada, tokens, id_token = saved_by
    body = json.dumps({"title": title, "content": content}, ensure_ascii=escaped).encode()
    saved = world.service.post("/notes", data=body, headers=tokens.bearer | {"Content-Type": "application/json"})
    assert saved.status_code in (200, 201), saved.text
    fields = world.read(f"users/{ada.uid}/notes/{saved.json()['id']}", id_token).json()["fields"]
    return saved.json()["title"], fields["content"]["stringValue"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "plain"])
def test_each_kind_of_markdown_comes_back_byte_for_byte(saved_by: Saved, kind: str, escaped: bool) -> None:  # noqa: FBT001  # a parameter of the table
    title, content = there_and_back(saved_by, kind, KINDS[kind], escaped=escaped)

    assert content.encode() == KINDS[kind].encode()
    assert title == kind


TEXT = st.characters(
    exclude_categories=["Cs"], exclude_characters=[chr(c) for c in (*range(9), 11, 12, *range(14, 32), 127)]
)
LINE = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    title=st.text(LINE, min_size=1, max_size=300),
    content=st.text(TEXT, min_size=1, max_size=2000),
    escaped=st.booleans(),
)
def test_any_text_comes_back_byte_for_byte(saved_by: Saved, title: str, content: str, escaped: bool) -> None:  # noqa: FBT001  # drawn
    title = f"x{title[1:]}"  # not only spaces

    _, stored = there_and_back(saved_by, title, content, escaped=escaped)

    assert stored.encode() == content.encode()
