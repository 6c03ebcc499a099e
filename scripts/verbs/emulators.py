"""python -m scripts.verbs.emulators COMMAND...: run COMMAND beside a Firestore and an Auth emulator of its own."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import requests

from scripts.verbs.processes import ROOT, Failed, Processes, end_on_sigterm, free_port, listens

# Ids that begin with demo- are never taken for a real project.
PROJECT = "demo-itsimple-mate"
_REMEMBERED = ROOT / ".local" / "firestore-emulator"  # asking gcloud takes a second or two
# What each project begins with. The real ones are loaded into PROJECT: compiling them takes longer than many a test.
_CLOSED = ROOT / "scripts" / "verbs" / "closed.rules"
_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


def start(processes: Processes) -> dict[str, str]:
    """Start both, and return the variables by which programs find them. They answer once `wait` has returned."""
    auth = free_port()
    # The slower one first.
    processes.start("auth-emulator", ["node", "scripts/verbs/auth-emulator.cjs", str(auth), PROJECT])
    return {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_EMULATOR_HOST": start_firestore(processes),
        # By the name that the pages have: a private window denies storage to a frame of another site.
        "FIREBASE_AUTH_EMULATOR_HOST": f"localhost:{auth}",
    }


def start_firestore(processes: Processes) -> str:
    """Start Firestore's alone, and return its host and port."""
    port = free_port()
    # Its life is short: what the second compiler and collector take to make it quick, it does not give back.
    heap = os.environ.get("FIRESTORE_EMULATOR_HEAP", "512m")  # it keeps everything in memory
    java = ["java", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Duser.language=en"]
    java += ["-cp", str(find_jar()), _MAIN_CLASS]
    processes.start("firestore-emulator", [*java, "--host=127.0.0.1", f"--port={port}", f"--rules={_CLOSED}"])
    return f"127.0.0.1:{port}"


def wait(processes: Processes, found: dict[str, str]) -> None:
    """Return when both answer, with firestore.rules loaded and without fault. Raises `Failed`."""
    wait_for_firestore(processes, found["FIRESTORE_EMULATOR_HOST"])
    _wait_for(processes, "auth-emulator", found["FIREBASE_AUTH_EMULATOR_HOST"])


def wait_for_firestore(processes: Processes, host: str) -> None:
    """Return when it answers, with firestore.rules in force for `PROJECT` and nothing allowed elsewhere. Raises `Failed`."""
    _wait_for(processes, "firestore-emulator", host)
    load_rules(host, PROJECT)


def _wait_for(processes: Processes, name: str, host: str) -> None:
    processes.wait_for(name, partial(listens, int(host.rpartition(":")[2])))


def find_jar() -> Path:
    if named := os.environ.get("FIRESTORE_EMULATOR_JAR"):
        if Path(named).is_file():
            return Path(named)
        raise Failed("FIRESTORE_EMULATOR_JAR names a file that does not exist.")
    if _REMEMBERED.is_file() and (jar := Path(_REMEMBERED.read_text())).is_file():
        return jar
    if not (jar_found := _gcloud_jar() or _firebase_jar() or _download_jar()):
        raise Failed(
            "The Firestore emulator is missing: run `gcloud components install cloud-firestore-emulator`, "
            "or apt-get install google-cloud-cli-firestore-emulator from Google's apt repository."
        )
    _REMEMBERED.write_text(str(jar_found))
    return jar_found


def _gcloud_jar() -> Path | None:
    if not (gcloud := shutil.which("gcloud")):
        return None
    command = [gcloud, "info", "--format=value(installation.sdk_root)"]
    sdk = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    jar = Path(sdk) / "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
    return jar if sdk and jar.is_file() else None


def _firebase_jar() -> Path | None:
    return max(Path.home().glob(".cache/firebase/emulators/cloud-firestore-emulator-*.jar"), default=None)


def _download_jar() -> Path | None:
    """Where Google's download host can be reached, firebase-tools brings it."""
    print("Looking for the Firestore emulator online (up to a minute)…", flush=True)
    command = ["npx", "--no-install", "firebase", "setup:emulators:firestore"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    return _firebase_jar()


def load_rules(firestore: str, project: str) -> None:
    """Put firestore.rules in force for PROJECT. Raises `Failed` where the emulator takes a misspelt name for a warning."""
    rules = {"rules": {"files": [{"name": "firestore.rules", "content": (ROOT / "firestore.rules").read_text()}]}}
    url = f"http://{firestore}/emulator/v1/projects/{project}:securityRules"
    answer = requests.put(url, json=rules, timeout=30)
    if not answer.ok or answer.json().get("issues"):
        raise Failed(f"firestore.rules: {answer.text}")


def main() -> int:
    end_on_sigterm()
    try:
        with Processes() as processes:
            found = start(processes)
            wait(processes, found)
            return subprocess.call(sys.argv[1:], env=os.environ | found)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
