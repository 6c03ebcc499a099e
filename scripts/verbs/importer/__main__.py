"""python -m scripts.verbs.importer [FILE]: whether ChatGPT's action importer would take FILE, by default openapi.yaml."""

import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.verbs.importer.document import read
from scripts.verbs.importer.rules import lint
from scripts.verbs.processes import ROOT, Failed


def main(arguments: Sequence[str]) -> int:
    """0 when it would, or --help is asked for; 1, and a line a finding, when it would not."""
    if "--help" in arguments:
        print("usage: python -m scripts.verbs.importer [FILE]")
        return 0
    path = Path(arguments[0]) if arguments else ROOT / "openapi.yaml"
    try:
        findings = [str(finding) for finding in lint(read(path))]
    except Failed as failed:
        findings = [str(failed)]
    for finding in findings:
        print(f"{path.name}: {finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
