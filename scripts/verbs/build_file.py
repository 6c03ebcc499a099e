"""python -m scripts.verbs.build_file [FILE]: what of FILE, by default cloudbuild.yaml, Cloud Build would refuse at once.

By Google's own message type, which refuses unknown fields and wrong types, and by what Cloud Build says of substitutions:
a manual build fails on a name that is not declared and on one that is not used.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from google.cloud.devtools.cloudbuild_v1.types import Build
from google.protobuf.json_format import ParseDict, ParseError

from scripts.verbs.processes import ROOT

# https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values
_EVERY_BUILD = {"PROJECT_ID", "PROJECT_NUMBER", "BUILD_ID", "LOCATION", "SERVICE_ACCOUNT", "SERVICE_ACCOUNT_EMAIL"}
_TRIGGERED = {"TRIGGER_NAME", "COMMIT_SHA", "REVISION_ID", "SHORT_SHA", "REPO_NAME", "REPO_FULL_NAME"} | {
    *("BRANCH_NAME", "TAG_NAME", "REF_NAME", "TRIGGER_BUILD_CONFIG_PATH")
}
_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|([A-Z_][A-Z0-9_]*|[a-z]\w*))")


def faults(text: str) -> list[str]:
    """What is wrong with a build file, a line each; none when Cloud Build would take it."""
    try:
        build = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        return [f"is not YAML: {broken}"]
    if not isinstance(build, dict):
        return ["is not a mapping"]
    return [*_shape(build), *_names(build)]


def _shape(build: dict[str, Any]) -> Iterator[str]:
    told = {**build, **({"timeout": str(build["timeout"])} if "timeout" in build else {})}
    try:
        ParseDict(told, Build.pb(Build()))
    except ParseError as wrong:
        yield str(wrong)
    if not build.get("steps"):
        yield "has no steps"


def _names(build: dict[str, Any]) -> Iterator[str]:
    declared = build.get("substitutions") or {}
    used = {name for text in _texts(build) for name in _references(text)}
    for name in sorted(used - set(declared)):
        if name.startswith("_"):
            yield f"${name} is used and not declared"
        elif name not in _EVERY_BUILD | _TRIGGERED:
            yield f"${name} is none that Cloud Build knows; write $${name} where a shell is to see it"
    for name in sorted(set(declared) - used):
        yield f"{name} is declared and not used"
    for name in sorted(declared):
        if not re.fullmatch(r"_[A-Z0-9_]+", name):
            yield f"{name}: a name of ours begins with _ and is in capitals"


def _references(text: str) -> Iterator[str]:
    for dollar, braced, plain in _REFERENCE.findall(text):
        if not dollar:
            yield braced or plain


def _texts(node: Any) -> Iterator[str]:
    """All texts in which Cloud Build substitutes: values, of substitutions too, but no names."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _texts(each)


def main(arguments: Sequence[str]) -> int:
    """0 when it would; 1, and a line a fault, when it would not."""
    path = Path(arguments[0]) if arguments else ROOT / "cloudbuild.yaml"
    found = faults(path.read_text(encoding="utf-8"))
    for fault in found:
        print(f"{path.name}: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
