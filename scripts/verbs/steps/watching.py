"""Steps: who sees that the service fails: what is counted in the log, the uptime check, and the alerts."""

import json
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from scripts.verbs.gcloud import Gcloud
from scripts.verbs.google_api import covers
from scripts.verbs.plan import Plan
from scripts.verbs.processes import ROOT, Failed
from scripts.verbs.steps.release import url

METRICS, ALERTS = ROOT / "cloud/metrics", ROOT / "cloud/alerts"
_UNKNOWN = "HOST"
_CHECK = {"path": "/ready", "useSsl": True, "validateSsl": True, "port": 443}


def count_in_the_log(gcloud: Gcloud, plan: Plan) -> None:
    """Each file of cloud/metrics is a metric."""
    for file in sorted(METRICS.glob("*.json")):
        wanted = _filled(file, plan)
        name = f"{plan.service}-{file.stem}"
        found = gcloud.api.find(f"logging.googleapis.com/v2/projects/{plan.project}/metrics/{name}")
        if found and found.get("disabled"):
            print(f"the metric {name} is switched off, and left so: it counts nothing", flush=True)
        if found is None or any(found.get(key) != value for key, value in wanted.items()):
            verb = "create" if found is None else "update"
            said = (f"--description={wanted['description']}", f"--log-filter={wanted['filter']}")
            gcloud.change("logging", "metrics", verb, name, *said)


def check_uptime(gcloud: Gcloud, plan: Plan) -> None:
    """Is it ready, every five minutes, from several places. The API makes as many as it is told to: listed first."""
    host, name = _host(gcloud, plan), f"{plan.service} is ready"
    listed = gcloud.api.listed(f"{_monitoring(plan)}/uptimeCheckConfigs", "uptimeCheckConfigs")
    found = next((each for each in listed if each["displayName"] == name), None)
    how = (f"--path={_CHECK['path']}", "--port=443", "--validate-ssl=true", "--period=5", "--timeout=10")
    if found is None:
        what = ("--resource-type=uptime-url", f"--resource-labels=host={host},project_id={plan.project}")
        gcloud.change("monitoring", "uptime", "create", name, *what, "--protocol=https", *how)
        return
    check = found.get("httpCheck", {})
    if found["monitoredResource"]["labels"].get("host") != host or not check.get("useSsl"):
        raise Failed(f"the uptime check {name!r} is of another host, or without TLS, for ever: delete {found['name']}.")
    is_right = {key: check.get(key) for key in _CHECK} == _CHECK
    if not is_right or (found.get("period"), found.get("timeout")) != ("300s", "10s"):
        gcloud.change("monitoring", "uptime", "update", found["name"].rpartition("/")[2], *how)


def tell_of_alerts(gcloud: Gcloud, plan: Plan) -> None:
    """Each file of cloud/alerts is a policy. Its channels are a person's to choose, but that of --email is made."""
    channel, host = _channel(gcloud, plan), _host(gcloud, plan)
    listed = gcloud.api.listed(f"{_monitoring(plan)}/alertPolicies", "alertPolicies")
    for file in sorted(ALERTS.glob("*.json")):
        wanted = _filled(file, plan, HOST=host)
        found = next((each for each in listed if each["displayName"] == wanted["displayName"]), None)
        has = (found or {}).get("notificationChannels", [])
        channels = list(dict.fromkeys([*has, *([channel] if channel else [])]))
        if found and covers(found, wanted) and channels == has:
            continue
        said = "--policy=" + json.dumps(wanted | ({"notificationChannels": channels} if channels else {}))
        if found:
            gcloud.change("alpha", "monitoring", "policies", "update", found["name"], said)
        else:
            gcloud.change("alpha", "monitoring", "policies", "create", said)
    if not channel and not any(each.get("notificationChannels") for each in listed):
        print("nobody is told of alerts yet: say --email=ADDRESS", flush=True)


def _channel(gcloud: Gcloud, plan: Plan) -> str | None:
    """The name of the channel to --email, which is made when there is none."""
    if plan.email is None:
        return None
    if known := _channel_of(gcloud, plan):
        return known
    what = ("--type=email", f"--channel-labels=email_address={plan.email}", f"--display-name={plan.service}: alerts")
    gcloud.change("beta", "monitoring", "channels", "create", *what)
    return "CHANNEL" if gcloud.dry_run else _channel_of(gcloud, plan)


def _channel_of(gcloud: Gcloud, plan: Plan) -> str | None:
    listed = gcloud.api.listed(f"{_monitoring(plan)}/notificationChannels", "notificationChannels")
    emails = (each for each in listed if each["type"] == "email")
    return next((each["name"] for each in emails if each["labels"].get("email_address") == plan.email), None)


def _host(gcloud: Gcloud, plan: Plan) -> str:
    return urlsplit(url(gcloud, plan) or "").hostname or _UNKNOWN


def _filled(file: Path, plan: Plan, **more: str) -> Any:
    text = Template(file.read_text(encoding="utf-8"))
    return json.loads(text.substitute(PROJECT=plan.project, SERVICE=plan.service, **more))


def _monitoring(plan: Plan) -> str:
    return f"monitoring.googleapis.com/v3/projects/{plan.project}"
