"""Request parameters as OAuth reads them (RFC 6749 sections 3.1 and 3.2)."""

from collections.abc import Container
from urllib.parse import parse_qsl, urlencode

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
        self._pairs = pairs
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

    def get_all(self, name: str) -> list[str]:
        """For the one parameter that may repeat: `resource` (RFC 8707 section 2)."""
        return [value for value in self._values.get(name, []) if value]

    def words(self, name: str) -> frozenset[str]:
        """The words of a list separated by spaces, as `scope` is (RFC 6749 section 3.3)."""
        return frozenset(word for word in (self.get(name) or "").split(" ") if word)

    def require_single(self) -> None:
        """Raises `Repeated` when anything but `resource` is there twice, whether it is asked for or not."""
        for name, values in self._values.items():
            if len(values) > 1 and name != "resource":
                raise Repeated(name)

    def only(self, names: Container[str]) -> "Form":
        """The parameters called one of NAMES."""
        return Form([(name, value) for name, value in self._pairs if name in names])

    def encoded(self) -> str:
        """The same parameters in the same order, as ASCII."""
        return urlencode(self._pairs)
