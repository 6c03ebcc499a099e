"""One Google Cloud project: what is there is asked by REST, what is to change is told by gcloud, and printed."""

import shlex
import subprocess
from collections.abc import Sequence
from functools import cached_property

from scripts.verbs.google_api import GoogleApi
from scripts.verbs.processes import Failed

_SECONDS = 600.0


class Refused(Failed):
    """gcloud ran, and exited with an error; the text has its words."""


class Gcloud:
    """For PROJECT. A DRY RUN looks as a real one does, and prints what it would change."""

    def __init__(self, project: str, *, dry_run: bool) -> None:
        self.project, self.dry_run = project, dry_run

    @cached_property
    def api(self) -> GoogleApi:
        """To look with, as whoever gcloud is signed in for. Raises `Failed`."""
        return GoogleApi(self.project, token(), dry_run=self.dry_run)

    def change(self, *words: str, given: str | None = None) -> None:
        """Print the command, and unless this is a dry run, give it, with GIVEN on its standard input."""
        whole = ("gcloud", *words, f"--project={self.project}", "--quiet")
        print(shlex.join(whole), flush=True)
        if not self.dry_run:
            run(whole, given)


def token() -> str:
    """A secret: the access token of whoever runs this."""
    return run(("gcloud", "auth", "print-access-token")).strip()


def run(command: Sequence[str], given: str | None = None, *, apart: bool = False) -> str:
    """What COMMAND prints. Raises `Failed` when gcloud is missing, or takes too long, and `Refused` when it fails.

    APART from our terminal, a Ctrl-C there reaches only us.
    """
    try:
        done = subprocess.run(
            command,
            input=given or "",
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            start_new_session=apart,
        )
    except FileNotFoundError:
        raise Failed("gcloud is missing: install the Google Cloud CLI, or deploy with firebase-tools.") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"no answer within {_SECONDS:.0f} seconds to: {shlex.join(command)}") from None
    if done.returncode:
        raise Refused(
            f"{shlex.join(command)}\n{done.stderr.strip()}\nRun the same again: what is done is not done twice."
        )
    return done.stdout
