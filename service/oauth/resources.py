"""Resource indicators (RFC 8707): which part of this service a token is good for."""

from collections.abc import Collection, Mapping, Sequence


class Resources:
    """The parts that a token can be made for: the whole service, named by ORIGIN, or one of PARTS.

    A part is named by a path, and is what lies below each of the paths that belong to it.
    """

    def __init__(self, origin: str, parts: Mapping[str, Collection[str]]) -> None:
        self._origin = origin
        self._part_of = {path: part for part, paths in parts.items() for path in (part, *paths)}
        self.paths = ("", *sorted(parts))

    @property
    def whole(self) -> str:
        return self._origin

    def named(self, path: str) -> str:
        return self._origin + path

    def of(self, path: str) -> str:
        """The path that names the part to which PATH of a request belongs; empty when that is the service as a whole."""
        below = max((known for known in ("", *self._part_of) if _is_below(path, known)), key=len)
        return self._part_of.get(below, "")

    def parse(self, indicators: Sequence[str]) -> str | None:
        """The one resource that INDICATORS name, the whole service if there is none; None if it is not one of ours."""
        if not indicators:
            return self.whole
        # URL libraries add a slash to a bare host (RFC 3986 section 6.2.3: the two are equal).
        found = {self.whole if name == f"{self.whole}/" else name for name in indicators}
        if len(found) != 1:
            return None
        (name,) = found
        return name if name in map(self.named, self.paths) else None

    def covers(self, audience: str, resource: str) -> bool:
        """Whether what is good for AUDIENCE is good for RESOURCE."""
        return audience in (self.whole, resource)

    def admits(self, audience: str, path: str) -> bool:
        """Whether a token for AUDIENCE may be used at PATH of this service."""
        return self.covers(audience, self.named(self.of(path)))


def _is_below(path: str, known: str) -> bool:
    return path == known or path.startswith(f"{known}/")
