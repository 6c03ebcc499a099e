"""scripts/account VERB: disable a person's account, enable it, or delete the data of accounts that are gone."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from google.auth.exceptions import DefaultCredentialsError

from scripts.verbs.processes import Failed
from service.errors import Unavailable
from service.google_backends import open_documents
from service.identity.administration import Administration
from service.leaving.deletion import KINDS
from service.leaving.firestore import FirestoreLeavingStore
from service.paths import is_segment

_BATCH = 100  # as many as Firebase tells of at once
_TRIES = 5
_Result = TypeVar("_Result")


class Accounts:
    """The accounts of PROJECT and what is stored of them."""

    def __init__(self, project: str, database: str, emulator: str | None) -> None:
        self.accounts = Administration(project)
        self.store = FirestoreLeavingStore(open_documents(project, database, emulator))
        self.project = project

    def disable(self, uid: str) -> int:
        """Nobody signs in any more, nor gets in by what they have; how many grants ended. Raises `Failed`."""
        if not self.accounts.switch(uid, disabled=True):
            raise self._unknown(uid)
        self.store.account_disabled(uid, datetime.now(UTC))
        return self.store.end_grants(uid)

    def enable(self, uid: str) -> None:
        """Raises `Failed`."""
        if not self.accounts.switch(uid, disabled=False):
            raise self._unknown(uid)

    def gone(self, *, trusting: bool = False) -> Iterator[str]:
        """Whose account is gone though something of theirs is stored.

        Raises `Failed` when not one account exists, unless TRUSTING: that is what a wrong project looks like.
        """
        gone, standing = set[str](), False
        for uids in _batches(self.store.uids()):
            found = self.accounts.find_gone(uids)
            gone |= found
            standing |= found != uids
        if gone and not standing and not trusting:
            raise Failed(
                f"none of {len(gone)} accounts exists in {self.project}. Is that where people sign in? If so, say --trust."
            )
        yield from (uid for uid in sorted(gone) if self.store.has_anything(uid))

    def delete(self, uid: str, say: Callable[[str], None], *, is_gone: bool) -> None:
        """Carry on the person's deletion until it is done. Raises `Unavailable` when that fails again and again.

        Of somebody whose account stands, what came after they left the deletion stays.
        """
        if is_gone:
            _patiently(lambda: self.store.account_disabled(uid, datetime.now(UTC)))
        step = self.store.delete if is_gone else self.store.delete_rest
        while deletion := _patiently(lambda: step(uid, datetime.now(UTC))):
            counts = ", ".join(f"{deletion.deleted[kind]:,} {kind}" for kind in KINDS)
            say(f"{uid}: {counts} deleted{'.' if deletion.finished_at else ' so far'}")
            if deletion.finished_at:
                return

    def _unknown(self, uid: str) -> Failed:
        return Failed(f"no account of {self.project} has the id {uid!r}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it is done; 1, and why on stderr, when it is not. Wrong usage exits with 2."""
    chosen = _parse(arguments)
    try:
        _VERBS[chosen.verb](_open(), chosen)
    except Failed as refused:
        return _refuse(str(refused))
    except DefaultCredentialsError:
        return _refuse("no credentials for Google Cloud: run `gcloud auth application-default login`.")
    except Unavailable as failed:
        return _refuse(
            f"{failed}: is the project right, and may you use its Firestore and Firebase? Run the same again."
        )
    return 0


def _disable(accounts: Accounts, chosen: Namespace) -> None:
    ended = accounts.disable(chosen.uid)
    print(f"{chosen.uid} is disabled; {ended} connection{'' if ended == 1 else 's'} ended. Nothing was deleted.")


def _enable(accounts: Accounts, chosen: Namespace) -> None:
    accounts.enable(chosen.uid)
    print(f"{chosen.uid} is enabled: sign in and connect anew.")


def _sweep(accounts: Accounts, chosen: Namespace) -> None:
    failed = 0
    gone = set(accounts.gone(trusting=chosen.trust))
    begun = set(accounts.store.unfinished()) - gone
    for uid in sorted(gone | begun):
        try:
            accounts.delete(uid, print, is_gone=uid in gone)
        except Unavailable as why:  # nobody waits for one whose data does not go
            print(f"{uid}: {why}", file=sys.stderr)
            failed += 1
    if failed:
        raise Failed(f"{failed} could not be finished, see above. Run the same again.")
    print(f"Done: {len(gone)} gone, {len(begun)} unfinished before.")


_VERBS: dict[str, Callable[[Accounts, Namespace], None]] = {"disable": _disable, "enable": _enable, "sweep": _sweep}


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="scripts/account", description="People's accounts, from an operator's side.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, what in (
        ("disable", "let nobody sign in to it, and end its sessions and connections now; deletes nothing"),
        ("enable", "let its person sign in again"),
    ):
        verbs.add_parser(verb, help=what, description=what).add_argument("uid", metavar="UID", type=_uid)
    what = "delete what is stored of accounts that are gone, and finish every deletion that was begun"
    sweep = verbs.add_parser("sweep", help=what, description=what)
    sweep.add_argument("--trust", action="store_true", help="also when hardly any account exists")
    return parser.parse_args(arguments)


def _uid(text: str) -> str:
    if not is_segment(text):
        raise ValueError
    return text


def _open() -> Accounts:
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    if not project:
        raise Failed("say in which project: GOOGLE_CLOUD_PROJECT=my-project scripts/account …")
    database, emulator = os.environ.get("FIRESTORE_DATABASE", "(default)"), os.environ.get("FIRESTORE_EMULATOR_HOST")
    if bool(emulator) != bool(os.environ.get("FIREBASE_AUTH_EMULATOR_HOST")):
        raise Failed("set both of FIRESTORE_EMULATOR_HOST and FIREBASE_AUTH_EMULATOR_HOST, or neither.")
    return Accounts(project, database, emulator)


def _batches(uids: Iterable[str]) -> Iterator[set[str]]:
    left = iter(uids)
    while batch := set(islice(left, _BATCH)):
        yield batch


def _patiently(work: Callable[[], _Result]) -> _Result:
    for _ in range(_TRIES - 1):
        try:
            return work()
        except Unavailable:
            continue
    return work()


def _refuse(why: str) -> int:
    print(f"scripts/account: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
