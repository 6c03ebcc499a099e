"""service.yaml: what Cloud Run is to know of the service, with the names of a project and of a release filled in."""

import json
import re
from collections.abc import Mapping
from string import Template
from typing import Any

from scripts.verbs.plan import Plan
from scripts.verbs.processes import ROOT

FILE = ROOT / "service.yaml"
_THREADS = re.compile(r"^ +containerConcurrency: ([0-9]+)$", re.MULTILINE)


def rendered(plan: Plan, release: Mapping[str, str], env: Mapping[str, str], traffic: list[dict[str, Any]]) -> str:
    """The whole file for one RELEASE: its `IMAGE` by digest, its `REVISION`, and the `PREVIOUS` one.

    Environment and traffic are JSON, which is YAML.
    """
    text = FILE.read_text(encoding="utf-8")
    threads = _THREADS.search(text)
    assert threads, "service.yaml has a concurrency"
    variables = {**env, "GOOGLE_CLOUD_PROJECT": plan.project, "THREADS": threads[1]}
    return Template(text).substitute(
        release,
        SERVICE=plan.service,
        REGION=plan.region,
        RUNTIME_ACCOUNT=plan.runtime_account,
        ENV=json.dumps([{"name": name, "value": value} for name, value in sorted(variables.items())]),
        TRAFFIC=json.dumps(traffic),
    )
