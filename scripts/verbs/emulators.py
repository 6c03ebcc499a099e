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
_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


def start(processes: Processes) -> dict[str, str]:
    """Start both, and return the variables by which programs find them. They answer once `wait` has returned."""
    firestore, auth = free_port(), free_port()
    # The slower one first.
    processes.start("auth-emulator", ["node", "scripts/verbs/auth-emulator.cjs", str(auth), PROJECT])
    # Its life is short: what the second compiler and collector take to make it quick, it does not give back.
    java = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Duser.language=en"]
    java += ["-cp", str(_find_jar()), _MAIN_CLASS]
    processes.start("firestore-emulator", [*java, "--host=127.0.0.1", f"--port={firestore}", "--rules=firestore.rules"])
    return {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{firestore}",
        # By the name that the pages have: a private window denies storage to a frame of another site.
        "FIREBASE_AUTH_EMULATOR_HOST": f"localhost:{auth}",
    }


def wait(processes: Processes, found: dict[str, str]) -> None:
    """Return when both answer, with firestore.rules loaded and without fault. Raises `Failed`."""
    for name, variable in (("firestore-emulator", "FIRESTORE"), ("auth-emulator", "FIREBASE_AUTH")):
        port = int(found[f"{variable}_EMULATOR_HOST"].rpartition(":")[2])
        processes.wait_for(name, partial(listens, port))
    _check_rules(found["FIRESTORE_EMULATOR_HOST"])


def _find_jar() -> Path:
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


def _check_rules(firestore: str) -> None:
    """The emulator starts with broken rules and takes misspelt names for a warning: neither may pass here."""
    rules = {"rules": {"files": [{"name": "firestore.rules", "content": (ROOT / "firestore.rules").read_text()}]}}
    url = f"http://{firestore}/emulator/v1/projects/{PROJECT}:securityRules"
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
