"""The runbooks of docs/operating.md, and somebody who follows them with the real gcloud and scripts."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.verbs.processes import ROOT
from tests.cloud.descriptions import findings
from tests.cloud.proxy import Api, Proxy, proxy
from tests.cloud.somebody import environment
from tests.world import AUTH, FIRESTORE

PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
_OPENING, *RUNBOOKS = re.split(r"^### ", PAGE.partition("\n## Runbooks\n")[2], flags=re.MULTILINE)


def runbook(title: str) -> str:
    (found,) = [text for text in RUNBOOKS if text.startswith(f"{title}\n")]
    return found


def steps(title: str) -> list[str]:
    """The commands of a runbook, block by block."""
    return commands(runbook(title))


def commands(text: str) -> list[str]:
    blocks = re.findall(r"(?:^ {4,7}\S.*\n)+", text, re.MULTILINE)
    return [re.sub(r"^ +", "", block, flags=re.MULTILINE) for block in blocks]


@dataclass
class Operator:
    """Who follows a page, with the words in capitals replaced."""

    through: Proxy
    folder: Path
    words: dict[str, str]

    def follow(self, step: str, **words: str) -> str:
        """What the commands of STEP print; they succeed, and what they ask of Google is as Google describes it."""
        known, (opening,) = self.words | words, commands(_OPENING)
        script = re.sub(r"\b[A-Z][A-Z_]+\b", lambda word: known.get(word[0], word[0]), opening + step)
        self.through.exchanges.clear()
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env=self._env(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, script + done.stdout + done.stderr
        assert len(self.through.exchanges) >= step.count("gcloud ")
        assert [finding for exchange in self.through.exchanges for finding in findings(exchange)] == []
        return done.stdout

    def _env(self) -> dict[str, str]:
        emulators = {"FIRESTORE_EMULATOR_HOST": FIRESTORE, "FIREBASE_AUTH_EMULATOR_HOST": AUTH}
        return environment(self.through, self.folder) | emulators | {"NO_PROXY": "localhost,127.0.0.1"}


@contextmanager
def operator(folder: Path, project: str, apis: dict[str, Api], **words: str) -> Iterator[Operator]:
    with proxy(folder, {f"{name}.googleapis.com": api for name, api in apis.items()}) as through:
        yield Operator(through, folder, {"PROJECT": project, "LOCATION": "europe-west1"} | words)
