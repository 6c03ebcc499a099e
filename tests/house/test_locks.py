"""What is installed is what was looked at: each lock file is whole, names no host, and its packages have a reason."""

import json
import re

from scripts.verbs.processes import ROOT

_NPM = ("", "tests/strangers/mcp/", "bench/peers/express/", "bench/peers/oidc-provider/")
_NPM_LOCKS = [f"{folder}package-lock.json" for folder in _NPM]
_PIP = (
    "requirements",
    "requirements-dev",
    *(f"bench/peers/{name}/requirements" for name in ("fastapi", "django", "py-spy")),
)
_PIP_LOCKS = [f"{name}.txt" for name in _PIP]


def test_these_are_all_lock_files() -> None:
    ours = (ROOT, ROOT / "tests/strangers/mcp", *(path for path in (ROOT / "bench/peers").iterdir() if path.is_dir()))
    found = {
        path for folder in ours for kind in ("package-lock.json", "requirements*.txt") for path in folder.glob(kind)
    }

    assert found == {ROOT / name for name in (*_NPM_LOCKS, *_PIP_LOCKS)}


def test_lock_files_name_no_host() -> None:
    for name in (*_NPM_LOCKS, *_PIP_LOCKS):
        assert not re.search(r'"resolved"|--index-url|://files\.', (ROOT / name).read_text()), name


def test_each_locked_package_has_its_hash() -> None:
    """One without is installed by npm all the same."""
    for name in _NPM_LOCKS:
        packages = json.loads((ROOT / name).read_text())["packages"]
        assert len(packages) > 1, name
        without = [path for path, package in packages.items() if path and "integrity" not in package]
        assert [path for path in without if not packages[path].get("inBundle")] == [], name
    for name in _PIP_LOCKS:
        _, *packages = re.split(r"^(?=[a-z])", (ROOT / name).read_text(), flags=re.MULTILINE)
        assert packages, name
        assert [package for package in packages if "--hash=sha256:" not in package] == [], name


def test_each_dependency_says_why_it_is_here() -> None:
    for name in _PIP:
        direct = [line for line in (ROOT / f"{name}.in").read_text().splitlines() if re.match("[a-z]", line)]
        locked = (ROOT / f"{name}.txt").read_text()
        for line in direct:
            package, _, reason = line.partition("#")
            assert reason.strip(), package
            assert f"#   {line}" in locked
            assert re.search(rf"^{package.partition('[')[0].strip()}==", locked, re.MULTILINE)


def test_a_peer_has_the_versions_that_its_package_file_names() -> None:
    """`npm ci` would refuse it too, once someone measures."""
    for name in _NPM_LOCKS[2:]:
        lock = json.loads((ROOT / name).read_text())["packages"]
        asked = json.loads((ROOT / name.replace("-lock", "")).read_text())
        assert asked["dependencies"]
        for package, version in (asked["dependencies"] | asked["optionalDependencies"]).items():
            assert lock[f"node_modules/{package}"]["version"] == version
