"""scripts/release IMAGE: let people have an image by way of a canary, and take it back if anything is wrong.

Standard library only, because the build runs it in Google's image of gcloud. Exit status: 0 released; 1 not, and people
are served as before; 2 nothing was begun; 3 not, and traffic could not be returned: the last line is the command for it.
"""

import re
import secrets
import shlex
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from scripts.verbs import service_file, settings_file, traffic
from scripts.verbs.cloud_run import CloudRun
from scripts.verbs.plan import add_place, add_settings, placed
from scripts.verbs.processes import Failed, end_on_sigterm
from scripts.verbs.shown import show
from scripts.verbs.smoke import Place, Unreachable, Wrong, revision_at, smoke
from scripts.verbs.traffic import Traffic

FEW = 10
"""Percent."""
_SAMPLES = 20
_ENOUGH, _MOST = 5, 250  # answers of the canary among so many, at 10 percent: less than one in a million meets fewer
_TRIES, _EVERY = 60, 1.0
_LOOK = 10  # seconds


class Stranded(Exception):
    """The release failed, and so did the way back; the text ends with the command that a person must give."""


class Release:
    """Of one image, under TAG; PAUSE is how it waits."""

    def __init__(self, run: CloudRun, tag: str, issuer: str, pause: Callable[[float], object] = time.sleep) -> None:
        self._run, self._tag, self._issuer, self._pause = run, tag, issuer, pause
        self._revision = f"{run.plan.service}-{tag}"
        self._is_in_flight = False
        """Whether service.yaml may still arrive, though nothing of it is seen."""

    def __call__(self, image: str, env: Mapping[str, str], patience: int) -> None:
        """Another release may take PATIENCE seconds to be over. Raises `Failed` when nothing was begun or all is as before, and `Stranded`."""
        before, old = self._start(patience)
        names = {"IMAGE": self._run.digest(image), "REVISION": self._revision, "PREVIOUS": old}
        split = traffic.canary(before, old, self._revision, self._tag)
        text = service_file.rendered(self._run.plan, names, env, split)
        try:
            self._deploy(text, old)
        except BaseException as failed:  # whatever it is, SIGTERM too, people go back to what served them
            serves = self._return(old)
            if isinstance(failed, Failed | Wrong):
                raise Failed(f"{failed}\n{serves} serves everyone") from None
            raise

    def _start(self, patience: int) -> tuple[Traffic, str]:
        """The traffic, and who serves everyone."""
        for _ in range(patience // _LOOK):
            before = self._run.traffic()
            with suppress(Failed):
                return before, traffic.starting(before, self._run.plan)
            show("another release is open: waiting")
            self._pause(_LOOK)
        before = self._run.traffic()
        return before, traffic.starting(before, self._run.plan)

    def _deploy(self, text: str, old: str) -> None:
        show(f"# {self._revision}: nobody but {self._tag}")
        self._replace(text)
        now = self._run.traffic()
        self._smoke(now.urls.get(self._tag, ""))
        show(f"# {self._revision}: {FEW} percent")
        was_ill = self._was_ill()
        self._run.tell(traffic.to(self._revision, FEW, self._run.plan))
        self._expect({old: 100 - FEW, self._revision: FEW})
        self._meet(was_ill=was_ill)
        show(f"# {self._revision}: everyone")
        self._run.tell(traffic.to(self._revision, 100, self._run.plan, now.canaries))
        self._expect({self._revision: 100})
        self._await()
        self._smoke(self._issuer)

    def _replace(self, text: str) -> None:
        self._is_in_flight = True
        try:
            self._run.replace(text)
        except Failed:
            self._is_in_flight = False  # gcloud has said so
            raise
        self._is_in_flight = False

    def _smoke(self, url: str) -> None:
        if not url:
            raise Failed(f"Cloud Run gave {self._tag} no address")
        if failed := smoke(Place(url, self._issuer, self._revision)):
            raise Failed(f"{', '.join(failed)}: not as it should be at {url}")

    def _was_ill(self) -> bool:
        """Whether those who serve now answer badly, if only sometimes. Raises `Failed` when nobody is at PUBLIC_URL."""
        try:
            for _ in range(_SAMPLES):
                revision_at(Place(self._issuer, self._issuer))
        except Unreachable as nobody:
            raise Failed(f"{nobody} at {self._issuer}: is PUBLIC_URL right, and does it lead here?") from None
        except Wrong:
            return True
        return False

    def _meet(self, *, was_ill: bool) -> None:
        """Ask until the canary has answered often enough. If all were well before, every answer must be well now too."""
        met = 0
        for _ in range(_MOST):
            try:
                met += revision_at(Place(self._issuer, self._issuer)) == self._revision
            except Wrong as wrong:
                if not was_ill or isinstance(wrong, Unreachable):
                    raise
            if met == _ENOUGH:
                return
        raise Failed(
            f"{self._revision} answered {met} of {_MOST} requests at {self._issuer}: does PUBLIC_URL lead to it?"
        )

    def _await(self) -> None:
        for _ in range(_TRIES):
            if revision_at(Place(self._issuer, self._issuer)) == self._revision:
                return
            self._pause(_EVERY)
        raise Failed(f"{self._issuer} is still answered by another revision")

    def _expect(self, shares: Mapping[str, int]) -> None:
        found = self._run.traffic().shares
        if dict(found) != shares:
            raise Failed(f"the traffic is {dict(found)}, not {shares}")

    def _return(self, old: str) -> str:
        """Who serves now. One request, also when nobody says how things are; nothing but SIGKILL ends us before it is answered."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        show(f"# back to {old}")
        try:
            return self._run.give_back(old, self._revision, self._tag, is_in_flight=self._is_in_flight)
        except Exception as failed:  # noqa: BLE001  # whatever it is, a person must know the command
            command = traffic.to(old, 100, self._run.plan, (self._tag,))
            raise Stranded(
                f"{failed}\nThe release failed, and so did the way back. Give this command:\n"
                f"{shlex.join(('gcloud', *command))}"
            ) from None


def main(arguments: Sequence[str] | None = None) -> int:
    end_on_sigterm()
    chosen = _parse(arguments)
    plan = placed(chosen)
    tag = traffic.CANARY + chosen.id[:8]
    try:
        env = settings_file.checked(plan.settings, plan)
    except Failed as failed:
        return _say(2, str(failed))
    return _released(Release(CloudRun(plan), tag, env["PUBLIC_URL"]), chosen, env)


def _released(release: Release, chosen: Namespace, env: Mapping[str, str]) -> int:
    try:
        release(chosen.image, env, chosen.patience)
    except Failed as failed:
        return _say(1, str(failed))
    except Stranded as stranded:
        return _say(3, str(stranded))
    except (SystemExit, KeyboardInterrupt):
        return _say(1, "it was ended; people are served as before")
    except Exception as unforeseen:  # noqa: BLE001  # a failure that nobody counts is none
        return _say(1, f"{type(unforeseen).__name__}: {unforeseen}; people are served as before")
    show("released")
    return 0


def _say(status: int, why: str) -> int:
    """The words before the colon are counted in the log (cloud/metrics/failed-releases.json): only here, and on failure."""
    show(f"scripts/release: {why}", is_error=True)
    return status


def _id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", text[:8]):
        raise ValueError  # it becomes part of a host's name
    return text


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="scripts/release", description="Let people have an image, by way of a canary.")
    parser.add_argument("image", metavar="IMAGE", help="in Artifact Registry, with a tag or a digest")
    parser.add_argument(
        "--id",
        type=_id,
        default=secrets.token_hex(4),
        help="of the release, of which the first 8 characters count; a random one",
    )
    patience = "seconds that another release may take to be over; %(default)s"
    parser.add_argument("--patience", type=int, default=300, metavar="SECONDS", help=patience)
    add_place(parser)
    add_settings(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
