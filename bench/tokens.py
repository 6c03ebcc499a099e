"""python -m bench.tokens [--rounds N] [--calls N] [--json FILE]: see bench/tokens."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import requests

from bench.issuers import ISSUERS, MEMORY, OURS, Issuer

EXCHANGE, REFRESH = "a code", "a refresh"
_MOST_CALLS = 200  # node-oidc-provider's memory holds a thousand things, and forgets the oldest
_NOT_SHOWN = """
User and system time of all processes of a server, for calls one after another over one connection: each round exchanges
codes, then refreshes each of the tokens that they gave. Not in it: making the codes, TLS, calls at the same time,
Firestore's and Firebase Authentication's own time; their connections are not encrypted here. All check the client's
secret, posted in the body; none signs an ID token. What they do differs. The service: two round trips to Firestore and one
to Firebase Authentication, only hashes are stored, each refresh token is used once and may be asked for again.
node-oidc-provider: as installed all is in the memory of one process, which Cloud Run may end at any time, and a
confidential client's refresh token is rotated only when 70 percent of its life is over; it stores codes and tokens as
they are. django-oauth-toolkit: SQLite on the local disk, the secret hashed as Django hashes passwords unless it is told
to keep it as it is, and code challenges, which it requires."""


@dataclass(frozen=True)
class Found:
    calls: int
    cpu_ms: dict[str, dict[str, list[float]]]
    """Milliseconds per call, one number a round, by issuer and by what was called."""

    def ratio(self, to: str, kind: str) -> float:
        """The median of what the service is to another one in the same round."""
        both = zip(self.cpu_ms[OURS][kind], self.cpu_ms[to][kind], strict=True)
        return median(one / other for one, other in both)


def measure(rounds: int, calls: int) -> Found:
    """All issuers in turns; a first round is thrown away."""
    found: dict[str, dict[str, list[float]]] = {name: {EXCHANGE: [], REFRESH: []} for name in ISSUERS}
    with ExitStack() as stack:
        running = {name: stack.enter_context(start()) for name, start in ISSUERS.items()}
        session = stack.enter_context(requests.Session())
        session.trust_env = False  # else it looks for proxies and passwords each time
        for _ in range(rounds + 1):
            for name, issuer in running.items():
                codes = [{"code": code, **issuer.with_code} for code in issuer.new_codes(-(-calls // issuer.one_in))]
                cost, given = _timed(session, issuer, "authorization_code", codes)
                found[name][EXCHANGE].append(cost)
                tokens = [{"refresh_token": each["refresh_token"]} for each in given]
                found[name][REFRESH].append(_timed(session, issuer, "refresh_token", tokens)[0])
    rest = {name: {kind: each[1:] for kind, each in by_kind.items()} for name, by_kind in found.items()}
    return Found(calls, rest)


def _timed(
    session: requests.Session, issuer: Issuer, grant_type: str, forms: Sequence[dict[str, str]]
) -> tuple[float, list[dict[str, str]]]:
    """Milliseconds of the server's CPU for each of FORMS, and what it answered."""
    answers, before = [], issuer.server.cpu_ms()
    for form in forms:
        whole = {"grant_type": grant_type, **issuer.client, **form}
        answer = session.post(issuer.token_url, data=whole, timeout=60)
        if answer.status_code != 200:
            raise RuntimeError(f"{issuer.token_url} answered {answer.status_code}, not 200.")
        answers.append(answer.json())
    return (issuer.server.cpu_ms() - before) / len(forms), answers


def show(found: Found) -> None:
    print(f"{'CPU ms per token call':<52}{'median':>10}{'least':>10}{'most':>10}{'the service to it':>20}")
    for name, by_kind in found.cpu_ms.items():
        for kind, each in by_kind.items():
            cells = "".join(f"{cell:>10.2f}" for cell in (median(each), min(each), max(each)))
            print(f"{name + ': ' + kind:<52}{cells}{found.ratio(name, kind):>18.2f} x")
    rounds = len(found.cpu_ms[OURS][EXCHANGE])
    print(
        f"{rounds} rounds of {found.calls} calls of each kind, in turns; load of the machine {os.getloadavg()[0]:.1f}."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench/tokens", description=__doc__)
    parser.add_argument("--calls", type=int, default=_MOST_CALLS, help="of each kind in a round (%(default)s, at most)")
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    parser.add_argument("--json", type=Path, help="also write what was found to this file")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.calls <= _MOST_CALLS:
        parser.error(f"--calls is 1 to {_MOST_CALLS}: {MEMORY} forgets what is older.")
    began = time.monotonic()
    found = measure(chosen.rounds, chosen.calls)
    if chosen.json:
        chosen.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    show(found)
    print(f"{time.monotonic() - began:.0f} s in all.\n{_NOT_SHOWN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
