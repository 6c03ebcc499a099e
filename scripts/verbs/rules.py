"""Publish firestore.rules by the Firebase Rules API, for which gcloud has no command."""

from typing import Any

from scripts.verbs.gcloud import Gcloud
from scripts.verbs.google_api import GoogleApi
from scripts.verbs.processes import ROOT, Failed

FILE = ROOT / "firestore.rules"
_API = "firebaserules.googleapis.com/v1"


def publish(gcloud: Gcloud, database: str) -> None:
    """Let firestore.rules hold for DATABASE, if others do, or none. Prints which ruleset held before.

    Raises `Failed` when Firebase finds anything to say about the text; then nothing is published.
    """
    api, project = gcloud.api, f"projects/{gcloud.project}"
    release = f"{project}/releases/cloud.firestore/{database}"
    text = FILE.read_text(encoding="utf-8")
    before = api.find(f"{_API}/{release}")
    if before and _content(api.find(f"{_API}/{before['rulesetName']}")) == text:
        return
    print(f"publish {FILE.name} as {release}", flush=True)
    if gcloud.dry_run:
        return
    source = {"files": [{"name": FILE.name, "content": text}]}
    _test(api, project, source)
    ruleset = (
        _latest(api, project, text) or api.change("POST", f"{_API}/{project}/rulesets", {"source": source})["name"]
    )
    made = {"name": release, "rulesetName": ruleset}
    if before:
        api.change("PATCH", f"{_API}/{release}", {"release": made})
        print(f"the rules before are kept as {before['rulesetName']}", flush=True)
    else:
        api.change("POST", f"{_API}/{project}/releases", made)


def _test(api: GoogleApi, project: str, source: Any) -> None:
    issues = api.change("POST", f"{_API}/{project}:test", {"source": source}).get("issues", ())
    places = ((each.get("sourcePosition", {}), each.get("description")) for each in issues)
    if found := [f"{FILE.name}:{at.get('line')}:{at.get('column')}: {what}" for at, what in places]:
        raise Failed("\n".join(("the rules are not published:", *found)))


def _latest(api: GoogleApi, project: str, text: str) -> str | None:
    """The newest ruleset, if it has this text: that of a run that ended before it was released."""
    found = (api.find(f"{_API}/{project}/rulesets", {"pageSize": "10"}) or {}).get("rulesets", ())
    newest = max(found, key=lambda each: str(each["createTime"]), default=None)
    return newest["name"] if newest and _content(api.find(f"{_API}/{newest['name']}")) == text else None


def _content(ruleset: Any) -> str | None:
    """The text of a ruleset of one file; None when it has more, as ours has not, or is gone."""
    if ruleset is None:
        return None
    (first, *more) = ruleset["source"]["files"]
    return None if more else str(first["content"])
