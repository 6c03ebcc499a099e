"""The reader's own rules, in the language that they are written in."""

import subprocess

from scripts.verbs.processes import ROOT


def test_the_readers_scripts_do_as_they_say() -> None:
    command = ["node", "--test", "--test-reporter=tap", "tests/reader/scripts.test.mjs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout[-4000:]
    assert "# pass 9" in done.stdout
