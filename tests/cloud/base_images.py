"""The image of the Dockerfile, on stand-ins for its two bases that are made from Debian's packages.

No registry of images is asked.

`python -m tests.cloud.base_images`, a step of scripts/setup, makes them before a test has to.
"""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from scripts.verbs.processes import ROOT, Failed
from tests.cloud.containers import Containers, ours

IMAGE = "itsimple-mate"
SUITE = "trixie"  # what the real ones are built on, with the same Python
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_MIRROR = """. /etc/os-release && apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
"Codename: $VERSION_CODENAME" 'Component: main' | head -n 1"""
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")


@dataclass(frozen=True)
class Base:
    """An image that the Dockerfile begins with: its NAME there, and what stands in for it."""

    name: str
    packages: tuple[str, ...]
    afterwards: str = "true"
    env: tuple[str, ...] = ()


PYTHON = Base(
    "docker.io/library/python:3.13-slim",
    ("ca-certificates", "python3", "python3-pip", "python3-venv"),
    'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED; ln -s /usr/bin/python3 "$1"/usr/local/bin/python; '
    'find "$1"/usr -name "*.pyc" -delete',  # as the real one is made
)
NODE = Base(
    "docker.io/library/node:22-slim",
    ("ca-certificates", "nodejs"),
    # The npm that comes with Node 22. Debian's own is four hundred packages, and a minute.
    'npm install --global --prefix "$1"/usr/local --ignore-scripts --no-audit --no-fund npm@10.9.4 >&2',
    env=(f"NODE_EXTRA_CA_CERTS={CERTIFICATES}",),  # npm's own list would not know a mirror's
)


def built() -> Containers:
    """Where `IMAGE` is, after it has been built from what has changed."""
    containers = ours()
    with containers.alone():
        bases = {
            f"{name}_DIGEST": f"@{digest(base, containers)}" for name, base in (("NODE", NODE), ("PYTHON", PYTHON))
        }
        containers.build(ROOT, IMAGE, bases, CERTIFICATES)
    return containers


def digest(base: Base, containers: Containers) -> str:
    """The digest of BASE among CONTAINERS' images, which is made first unless it is there (about a minute each).

    Raises `Failed` when it cannot be made.
    """
    name = f"{base.name}-{_version(base)}"
    if name not in containers.images():
        archive = containers.folder / f"{name.rpartition('/')[2]}.tar"
        try:
            _bootstrap(base, archive)
            containers.load(archive, name, ("PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", *base.env))
        finally:
            archive.unlink(missing_ok=True)
    containers.tag(name, base.name)
    found: str = containers.images()[base.name]["digest"]
    return found


def _bootstrap(base: Base, archive: Path) -> None:
    asked = subprocess.run(_MIRROR, shell=True, capture_output=True, text=True, check=False)  # noqa: S602  # our own text
    if not (mirror := asked.stdout.strip()):
        raise Failed(f"{base.name} cannot be stood in for: apt-get names no mirror of Debian's here.")
    options = [f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT]
    options += ["--variant=minbase", "--format=tar", f"--include={','.join(base.packages)}"]
    options += [f"--customize-hook={base.afterwards}", SUITE, str(archive), f"deb {mirror} {SUITE} main"]
    done = subprocess.run(["mmdebstrap", *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        why = [line for line in done.stderr.splitlines() if line.startswith("E: ")] or done.stderr.splitlines()[-1:]
        raise Failed(f"{base.name} cannot be stood in for from {mirror}: {'; '.join(why)}")


def _version(base: Base) -> str:
    """What changes when the stand-in does."""
    return hashlib.sha256(repr((SUITE, base, _LEFT_OUT)).encode()).hexdigest()[:12]


def main() -> int:
    """1, and one line that says why, when one of them cannot be made."""
    containers = ours()
    try:
        with containers.alone(), ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda base: digest(base, containers), (PYTHON, NODE)))
    except Failed as failed:
        print(failed, file=sys.stderr)  # noqa: T201  # a step of scripts/setup
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
