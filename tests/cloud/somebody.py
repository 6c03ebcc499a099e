"""Somebody at a terminal: who has gcloud, a token, and nothing else of this machine's."""

import atexit
import os
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.cloud import warm_gcloud
from tests.cloud.proxy import Proxy
from tests.cloud.warm_gcloud import ASKER

TOKEN = "ya29.fake-and-secret"
GCLOUD = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    "CLOUDSDK_CORE_SURVEY_DISABLE_PROMPTS": "1",
}


def environment(through: Proxy, folder: Path, path: str | None = None, *, is_warm: bool = True) -> dict[str, str]:
    """Their variables; FOLDER is their home. On PATH, or ours, is a gcloud that starts at once, or else the cold one."""
    path = path or os.environ["PATH"]
    (folder / "token").write_text(TOKEN)
    env = {
        "PATH": _quick(folder, path) if is_warm else path,
        "HOME": str(folder),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "token"),
        "FIREBASE_TOKEN": "1//fake",
    }
    return env | GCLOUD | through.env


def _quick(folder: Path, path: str) -> str:
    program = folder / "bin/gcloud"
    program.parent.mkdir(exist_ok=True)
    program.write_text(ASKER.format(address=_warm()))
    program.chmod(0o755)
    return f"{program.parent}:{path}"


@cache
def _warm() -> str:
    """Where the one that is warm is asked; it is started by whoever needs it first, and ends with the tests."""
    real = subprocess.run(
        ("gcloud", "info", "--format=value(installation.sdk_root,basic.python_location)"),
        capture_output=True,
        text=True,
        check=True,
    )
    sdk, python = real.stdout.split()
    folder = tempfile.mkdtemp()
    address = f"{folder}/gcloud"
    env = {"PATH": os.environ["PATH"], "CLOUDSDK_CONFIG": f"{folder}/config"}
    process = subprocess.Popen((python, "-S", warm_gcloud.__file__, sdk, address), env=env)
    atexit.register(process.wait)
    atexit.register(process.kill)
    end = time.monotonic() + 60
    while not Path(address).exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)  # until it listens: there is nothing to wait on
    return address
