"""cloud/settings.env: the operator's own variables for the service, one NAME=VALUE a line."""

import re
from collections.abc import Mapping
from pathlib import Path

from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed
from service.settings import Settings, SettingsError
from service.variables import misspelt

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def read(file: Path) -> dict[str, str]:
    """What FILE says, comments and empty lines left out. Raises `Failed` with every line that says nothing clear."""
    if not file.exists():
        raise Failed(f"{file.name} is missing: scripts/project setup makes it. Fill it in, and commit it.")
    found, unclear = dict[str, str](), list[str]()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _LINE.fullmatch(line.strip())
        if pair is None:
            unclear.append(f"{file.name}:{number}: is not NAME=VALUE")
        elif pair[1] in found:
            unclear.append(f"{file.name}:{number}: {pair[1]} is there twice")
        elif re.fullmatch(r"([\"']).*\1", pair[2]):
            unclear.append(f"{file.name}:{number}: take the quotes away, they would be part of {pair[1]}")
        else:
            found[pair[1]] = pair[2]
    if unclear:
        raise Failed("\n".join(unclear))
    return found


def checked(file: Path, plan: Plan) -> dict[str, str]:
    """The same. Raises `Failed` with all for which the service of PLAN would not start on Cloud Run."""
    env = read(file)
    if wrong := wrongs(env, plan):
        raise Failed("\n".join([f"{file.name} is not right; nothing was changed:", *(f"  {line}" for line in wrong)]))
    return env


def wrongs(env: Mapping[str, str], plan: Plan) -> list[str]:
    """One line for each thing for which a service of PLAN would not start with ENV on Cloud Run, or not be PLAN's."""
    lines = misspelt(env)
    if (project := env.get("GOOGLE_CLOUD_PROJECT", plan.project)) != plan.project:
        lines.append(f"GOOGLE_CLOUD_PROJECT is {project}, and this is {plan.project}.")
    try:
        Settings.from_env({**env, "GOOGLE_CLOUD_PROJECT": plan.project, "K_SERVICE": plan.service})
    except SettingsError as problems:
        lines += [line.strip() for line in str(problems).splitlines()[1:]]
    return lines
