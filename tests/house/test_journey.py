"""What scripts/serve prints never shows a secret whole."""

import pytest

from scripts.verbs.journey import shorten


@pytest.mark.parametrize("secret", ["a" * 43, "-" + "a" * 42, "_" + "b" * 42, "mate_" + "c" * 150 + "." + "d" * 43])
def test_secrets_are_cut(secret: str) -> None:
    for text in (secret, f'code="{secret}"', f"code={secret}&state=s", f'{{"token":"{secret}"}}'):
        assert secret[8:] not in shorten(text)


def test_the_rest_is_shown() -> None:
    text = "GET users/abc/notes/0123456789abcdef0123456789abcdef 201"

    assert shorten(text) == text
