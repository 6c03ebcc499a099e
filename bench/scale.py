"""python -m bench.scale: see bench/scale."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from bench import money
from bench.cases import AGAIN, SEARCH, SIGHTED
from bench.money import Use
from bench.operations import Counted, count
from bench.prices import ASSUMED, PRICES, READ_ON
from bench.storage import Stored, stored
from scripts.verbs.processes import ROOT

PAGE = ROOT / "docs" / "scale.md"
USERS = (1_000, 100_000, 10_000_000)


def page(text: str, counted: Sequence[Counted], kept: Mapping[str, Stored]) -> str:
    """TEXT with all tables between its markers as they are now. Raises `ValueError` when one has no place."""
    cases = {each.name: each for each in counted}
    one, app, idle = money.active(cases, kept), money.phone(kept), money.idle(kept)
    tables = {
        "counts": _counts(counted),
        "use": _uses(
            {
                "a save": money.request(cases[SIGHTED]),
                "the same save again": money.request(cases[AGAIN]),
                "a connection, to its first note and its end": money.connect(cases),
                "a refresh": money.refresh(cases),
                "a search": money.request(cases[SEARCH], money.assumed("notes")),
                "a month of an active user": one,
                "a month of their phone's app": app,
                "a month of an idle user": idle,
            }
        ),
        "storage": _storage(kept),
        "cost": _cost(one + app),
        "share": _share(one, app),
        "limits": _limits(one),
        "prices": _prices(),
        "assumed": _table(("assumed", "is"), ((f"{each.value:g}", each.meaning) for each in ASSUMED.values())),
    }
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, begun, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (begun and ended):
            raise ValueError(f"{PAGE.name} has no place for {name}")
        text = before + begin + table + end + after
    return text


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def _counts(counted: Sequence[Counted]) -> str:
    head = ("request", "one after another", "trips", "commits", "written", "deleted", "read", "missing", "by query")
    none = [each.name for each in counted if not each.steps and not each.secrets]
    rows = [_counted(each) for each in counted if each.name not in none]
    return _table((*head, "Auth", "Secret Manager"), rows) + f"\nNone of it, 0 everywhere: {'; '.join(none)}.\n"


def _counted(one: Counted) -> Sequence[object]:
    made = one.operations
    trips = [" and ".join(step) for step in one.steps]
    steps = " → ".join(trips) if len(trips) <= 4 else f"{trips[0]} → … → {trips[-1]}"
    documents = made.writes, made.deletes, made.found, made.missing, made.queried
    auth = sum(step.count("Auth") for step in one.steps)
    return one.name, steps, len(trips), made.count("Commit"), *documents, auth, one.secrets


def _uses(uses: Mapping[str, Use]) -> str:
    head = ("", "requests", "read", "written", "deleted", "by TTL", "Auth", "Cloud Run seconds", "dollars a million")
    return _table(
        head,
        (
            (
                name,
                *(_number(getattr(use, each)) for each in ("request", "read", "write", "delete", "ttl", "auth", "cpu")),
                _money(use.total() * 1e6),
            )
            for name, use in uses.items()
        ),
    )


def _storage(kept: Mapping[str, Stored]) -> str:
    documents = _table(
        ("document", "bytes", "of its index entries", "entries", "together"),
        ((name, f"{one.document:,}", f"{one.indexes:,}", one.entries, f"{one.total:,}") for name, one in kept.items()),
    )
    parts = money.kept(kept)
    total = sum(parts.values())
    rows = [(name, f"{size / 1000:,.0f}", f"{size / total:.0%}") for name, size in parts.items()]
    return (
        documents
        + "\n"
        + _table(("kept for an active user", "kB", "share"), [*rows, ("together", f"{total / 1000:,.0f}", "100%")])
    )


def _cost(one: Use) -> str:
    months = {users: money.month(users, one) for users in USERS}
    rows = [
        (f"{price.unit}", *(f"{_number(getattr(use, name))} = {_money(use.dollars(name))}" for use in months.values()))
        for name, price in PRICES.items()
    ]
    total = [("**by list price**", *(f"**{_money(use.total())}**" for use in months.values()))]
    free = [("off, free tier", *(_money(use.total() - use.total(free=True)) for use in months.values()))]
    pays = [("**to pay**", *(f"**{_money(use.total(free=True))}**" for use in months.values()))]
    each = [("for each user", *(_money(use.total(free=True) / users) for users, use in months.items()))]
    least = [
        (
            "vCPU alone, if requests shared instances: the least",
            *(_money(money.least_cpu(use)) for use in months.values()),
        )
    ]
    identity = [("besides, with Identity Platform", *(_money(money.identity_dollars(users)) for users in USERS))]
    return _table(
        ("a month of", *(f"{users:,} active" for users in USERS)), rows + total + free + pays + each + least + identity
    )


def _share(one: Use, app: Use) -> str:
    """Where the money of an active user goes."""
    total = (one + app).total()
    found = {
        f"{PRICES[each.name].unit}, service": one.dollars(each.name) for each in fields(one) if each.name in PRICES
    }
    found |= {f"{PRICES[each.name].unit}, app": app.dollars(each.name) for each in fields(app) if each.name in PRICES}
    largest = sorted(found.items(), key=lambda item: -item[1])[:6]
    return _table(
        ("the largest parts for an active user", "dollars a month", "share"),
        ((name, _money(part), f"{part / total:.0%}") for name, part in largest),
    )


def _limits(one: Use) -> str:
    users = USERS[-1]
    rows = (
        (number, limit.name, limit.limit, limit.needed, f"{_round(limit.users):,}" if limit.users else "not by users")
        for number, limit in enumerate(money.limits(users, one), 1)
    )
    return _table(("", "limit", "is", f"needed by {users:,} active users", "active users that reach it"), rows)


def _prices() -> str:
    rows = (
        (each.unit, f"{_plain(each.dollars)} / {each.per:,}", f"{each.free:,.0f}", each.place)
        for each in PRICES.values()
    )
    return _table(("unit", "dollars", "free a month", f"where, on {READ_ON}"), rows)


def _number(value: float) -> str:
    if value == 0:
        return "0"
    if value >= 100:
        return f"{_round(value):,}"
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _plain(value: float) -> str:
    return f"{value:.7f}".rstrip("0")


def _round(value: float) -> int:
    """To three digits: no more is known."""
    digits = len(str(int(value))) - 3
    return int(round(value, -digits)) if digits > 0 else round(value)


def _money(value: float) -> str:
    return f"${_round(value):,}" if value >= 100 else f"${value:.2f}" if value >= 0.1 else f"${value:.2g}"


def main() -> int:
    counted, kept = count(), stored()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), counted, kept), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(counted)} requests counted in the client and on the wire, which agree.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
