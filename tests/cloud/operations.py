"""Long-running operations: done at once, or after they have been asked about so many times."""

from typing import Any

from tests.cloud.proxy import Answer


class Operations:
    """Those of one API; each is done after POLLS questions."""

    def __init__(self, polls: int = 0) -> None:
        self._polls = polls
        self._waiting: dict[str, tuple[int, dict[str, Any]]] = {}

    def begin(self, parent: str, response: Any) -> Answer:
        """The operation under PARENT, a name or nothing, that ends with RESPONSE, which has a `@type`."""
        name = f"{parent}/operations/o{len(self._waiting)}".strip("/")
        self._waiting[name] = self._polls, {"name": name, "done": True, "response": response}
        return self._show(name)

    def poll(self, name: str) -> Answer | None:
        if name not in self._waiting:
            return None
        left, done = self._waiting[name]
        self._waiting[name] = left - 1, done
        return self._show(name)

    def _show(self, name: str) -> Answer:
        left, done = self._waiting[name]
        return 200, done if left <= 0 else {"name": name}
