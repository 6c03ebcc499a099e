"""What the throttle promises beside what the stories show."""

import pytest

from service.errors import TooMany
from service.oauth import throttle
from service.oauth.throttle import Limit, Throttle


def test_a_flood_of_sources_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_KEYS", 50)  # the library looks at every key each time: 20,000 take a minute
    counter, limit = Throttle(), Limit("test", 1, 60)

    for source in range(200):
        counter.count(limit, str(source))

    assert len(counter._storage.storage) <= 51
    counter.count(limit, "another")
    with pytest.raises(TooMany):
        counter.count(limit, "another")
