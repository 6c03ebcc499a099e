"""The security rules, as the phone app's own SDK meets them."""

import subprocess

from scripts.verbs.processes import ROOT


def test_the_rules_hold_for_the_phones_sdk() -> None:
    command = ["node", "--test", "--test-reporter=tap", "tests/mobile/rules.test.mjs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout[-4000:]
    assert "# pass 27" in done.stdout
