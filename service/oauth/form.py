"""Request parameters as OAuth reads them (RFC 6749 sections 3.1 and 3.2)."""

from urllib.parse import parse_qsl

MOST_BYTES = 65_536
_MOST_FIELDS = 64


class Malformed(ValueError):
    """The text is not a form at all: not UTF-8, or with too many fields."""


class Repeated(ValueError):
    """A parameter that may be sent once was sent twice."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Form:
    """Decoded parameters. An empty one counts as omitted; asking for a repeated one raises `Repeated`."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @classmethod
    def parse(cls, raw: bytes) -> "Form":
        """Read application/x-www-form-urlencoded bytes or a query string. Raises `Malformed`."""
        try:
            pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
        except ValueError:  # UnicodeDecodeError is one; its text would quote the request
            raise Malformed from None
        return cls(pairs)

    def get(self, name: str) -> str | None:
        values = self._values.get(name, [])
        if len(values) > 1:
            raise Repeated(name)
        return values[0] or None if values else None
