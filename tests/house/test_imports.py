"""The file name is the permission: what a file may import follows from what it is called and where it lives."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "service"
FILES = sorted(SERVICE.rglob("*.py"))

FIRESTORE = {
    "firestore",
    "firestore_messages",
    "firestore_query",
    "firestore_values",
    "firestore_write",
}
IDENTITY = ("identity/firebase.py", "identity/firebase_certificates.py", "identity/administration.py")
# Which files may import a package that is not Python's own.
OUTSIDE = {
    "flask": (
        "routes.py",
        "authorization_routes.py",
        "app.py",
        "web/errors.py",
        "web/headers.py",
        "pages/pages.py",
        "pages/consent.py",
        "pages/sign_in.py",
    ),
    "werkzeug": ("app.py", "web/errors.py", "main.py"),
    "gunicorn": ("start.py",),
    "jinja2": ("pages/pages.py",),
    "google": ("google_backends.py", "google_messages.py", "google_rpc.py", "firestore_values.py", *IDENTITY),
    "google_crc32c": ("secret_manager.py",),
    "grpc": ("google_backends.py", "google_rpc.py"),
    "firebase_admin": ("identity/administration.py",),
    "requests": ("identity/helper.py",),
    "urllib3": ("identity/helper.py",),
    "limits": ("throttle.py",),
    "yaml": ("contract.py",),
    "jsonschema_rs": ("contract.py",),
}
# Which rooms of the service a room may use beside itself and `record`; files at the top are free.
ROOMS = {
    "identity": {"audit", "errors", "paths"},
    "actions": {"errors", "paths", "identity"},
    "oauth": {"audit", "errors", "paths", "identity"},
    "connections": {"audit", "errors", "identity"},
    "leaving": {"audit", "errors", "identity", "paths"},
    "docs": {"audit", "contract", "errors", "identity"},
    "pages": {"errors", "contract", "settings", "oauth"},
    "privacy": {"settings", "oauth"},
    "reader": set(),
    "mcp": {"audit", "errors", "identity", "oauth", "actions", "contract", "settings", "backends", "web"},
    "web": {"audit", "errors", "paths", "identity", "oauth", "pages", "actions", "contract", "settings", "backends"},
}
# What a file's name adds to that.
NAMES = {
    "routes.py": {"backends", "body", "settings", "pages"},
    "authorization_routes.py": {"backends", "body", "settings", "pages"},
    "metadata.py": {"settings"},
    "firestore.py": {"proof", *FIRESTORE},
    "firestore_step.py": FIRESTORE,
    "secret_manager.py": {"google_messages", "google_rpc"},
}


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: absolute imports only"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "service" else (module,)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_imports_what_its_name_permits(file: Path) -> None:
    relative = str(file.relative_to(SERVICE))
    room = relative.partition("/")[0] if "/" in relative else None
    for name in imports(file):
        package = name.partition(".")[0]
        if package == "service":
            used = name.split(".")[1]
            allowed = ROOMS[room] | {room, "record"} | NAMES.get(file.name, set()) if room else {used}
            assert used in allowed, f"{relative} may not use service.{used}"
        elif package not in sys.stdlib_module_names:
            permitted = OUTSIDE.get(package, ())
            assert any(f"/{relative}".endswith(f"/{end}") for end in permitted), f"{relative} may not import {package}"


def test_the_rule_above_can_fail(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import flask\nfrom service.oauth.tokens import Secret\n")

    assert list(imports(bad)) == ["flask", "service.oauth.tokens"]
    assert not any("/actions/notes/notes.py".endswith(f"/{end}") for end in OUTSIDE["flask"])
    assert "oauth" not in ROOMS["actions"]


def test_an_action_knows_no_other_action() -> None:
    actions = SERVICE / "actions"
    for folder in (path for path in actions.iterdir() if path.is_dir() and path.name != "__pycache__"):
        for file in folder.rglob("*.py"):
            for name in imports(file):
                if name.startswith("service.actions."):
                    assert name.split(".")[2] in (folder.name, "operation"), f"{file.name} of {folder.name} uses {name}"


def test_the_environment_is_read_in_one_place() -> None:
    readers = [file for file in FILES if {"os.environ", "os.getenv", "os.environb"} & _names(file)]

    assert [str(file.relative_to(SERVICE)) for file in readers] == ["main.py"]


def test_package_files_are_empty() -> None:
    assert [file for file in FILES if file.name == "__init__.py" and file.read_text()] == []


def test_the_heavy_clients_are_not_imported_at_the_start() -> None:
    by_scripts_alone = SERVICE / "identity/administration.py"
    for file in {SERVICE / "google_backends.py", *(SERVICE / "identity").glob("*.py")} - {by_scripts_alone}:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        at_the_top = [
            ast.unparse(node).split()[1] for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        heavy = {"google", "grpc", "firebase_admin", "requests", "urllib3"}
        assert not [name for name in at_the_top if name.partition(".")[0] in heavy]


def _names(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "os"]
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
