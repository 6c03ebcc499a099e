"""python -m scripts.verbs.sbom FILE: see scripts/sbom. What is listed is what the locks say, so the same tree gives the same list."""

import argparse
import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.requirements import Requirement

from scripts.verbs.processes import ROOT, Failed

_BASE = re.compile(r'^ARG PYTHON_DIGEST="@sha256:([0-9a-f]{64})"$', re.MULTILINE)
_IMAGE = re.compile(r"^FROM (docker\.io/library/python):([\w.-]+)\$\{PYTHON_DIGEST\}$", re.MULTILINE)
Component = dict[str, Any]


def bill(dockerfile: str, requirements: str, lock: dict[str, Any]) -> dict[str, Any]:
    """CycloneDX 1.6: the base by its digest, what of REQUIREMENTS its Python installs, and what LOCK has for the pages.

    Of an npm package it is not said whether it ended up in a bundle: all that the pages' scripts depend on is there.
    Debian's packages in the base are not: they are the base's own. Raises `Failed` when the Dockerfile has no such base.
    """
    tool, base = Path(sys.executable).parent / "cyclonedx-py", _base(dockerfile)
    options = ["requirements", "-", "--sv=1.6", "--short-PURLs", "--output-reproducible", "--no-validate", "-o", "-"]
    done = subprocess.run([tool, *options], input=requirements, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"cyclonedx-py: {done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout)
    python = base["version"].partition("-")[0]
    packages = [package for package in found["components"] if _is_installed(package, python)]
    found["components"] = [base, *packages, *_npm(lock)]
    found["dependencies"] = [{"ref": each["bom-ref"]} for each in found["components"]]
    found["metadata"]["component"] = {"type": "container", "name": "itsimple-mate", "bom-ref": "itsimple-mate"}
    return found


def _is_installed(package: Component, python: str) -> bool:
    """Whether the line of the requirements that PACKAGE is from is for this version of Python; takes the line out."""
    line = package.pop("description").partition(": ")[2].partition(" --hash")[0]
    marker = Requirement(line.replace("\\", "").strip()).marker
    return not marker or marker.evaluate({"python_version": python, "python_full_version": f"{python}.0"})


def _base(dockerfile: str) -> Component:
    digest, image = _BASE.search(dockerfile), _IMAGE.search(dockerfile)
    if not (digest and image):
        raise Failed("The Dockerfile names no base python with a digest.")
    purl = f"pkg:docker/python@{image[2]}?repository_url={quote('docker.io/library', safe='')}"
    hashes = [{"alg": "SHA-256", "content": digest[1]}]
    return {"type": "container", "name": image[1], "version": image[2], "purl": purl, "bom-ref": purl, "hashes": hashes}


def _npm(lock: dict[str, Any]) -> Iterator[Component]:
    for path, package in sorted(lock["packages"].items()):
        if not path or any(package.get(flag) for flag in ("dev", "optional", "devOptional")):
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, digest = package["integrity"].partition("-")
        yield {
            "type": "library",
            "name": name,
            "version": package["version"],
            "purl": f"pkg:npm/{quote(name)}@{package['version']}",
            "bom-ref": path,
            "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
        }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/sbom", description=__doc__)
    parser.add_argument("file", type=Path)
    chosen = parser.parse_args(arguments)
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    try:
        found = bill(
            (ROOT / "Dockerfile").read_text(encoding="utf-8"),
            (ROOT / "requirements.txt").read_text(encoding="utf-8"),
            lock,
        )
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    chosen.file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{chosen.file}: {len(found['components'])} parts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
