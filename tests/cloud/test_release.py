"""`scripts/release` by the real gcloud: a canary, everyone, and the way back from whatever goes wrong on the way."""

import json
import os
import signal
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from scripts.verbs.cloud_run import CloudRun
from scripts.verbs.google_api import GoogleApi
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed
from scripts.verbs.release import Release, main
from tests.cloud.front_end import healthy_as, late
from tests.cloud.proxy import Failure, Reply, Visit
from tests.cloud.releases import PUBLIC_URL, REGISTRY, SERVICE, SETTINGS, Scene, scene
from tests.cloud.test_indexes import PROJECT
from tests.deployed import Deployed, deployed

PLAN = Plan(PROJECT, "(default)", "europe-west1", "europe-west1", SERVICE)
DIGEST = "sha256:" + "a" * 64
OLD, BEFORE, NEW = f"{SERVICE}-00001", f"{SERVICE}-c-before", f"{SERVICE}-c-one"
SERVICES = f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services/{SERVICE}"
PUT = f"PUT {SERVICES}"


@pytest.fixture(scope="module")
def service() -> Iterator[Deployed]:
    """One process for all revisions."""
    with deployed(PUBLIC_URL=PUBLIC_URL, CALLS_PER_MINUTE="100000", FAILURES_PER_MINUTE="100000") as process:
        yield process


@pytest.fixture
def ready(tmp_path: Path, service: Deployed) -> Iterator[Scene]:
    """All is ready for a release: an image is pushed, and what it starts is the service."""
    with scene(tmp_path) as made:
        made.push(DIGEST, "one")
        made.port = int(service.world.service.url.rpartition(":")[2])

        def start(revision: Any) -> str | None:
            made.front.ports[revision["metadata"]["name"]] = made.port
            return None

        made.project.run.start = start
        made.front.spoil = lambda revision, visit: healthy_as(revision, visit) if revision != OLD else None
        yield made


def release(ready: Scene, tag: str = "one") -> Any:
    return ready.run("release", f"{REGISTRY}/{SERVICE}:{tag}", f"--id={tag}")


def test_a_release_is_tried_by_few_and_then_serves_everyone(ready: Scene) -> None:
    done = release(ready)

    assert done.returncode == 0, done.stdout + done.stderr
    assert ready.writes() == [PUT] * 3
    assert (ready.shares(), ready.tags()) == ({NEW: 100}, set())
    assert "scripts/release: " not in done.stdout + done.stderr
    splits = [each.body["spec"]["traffic"] for each in ready.through.exchanges if each.method == "PUT"]
    assert splits[0] == [{"percent": 100, "revisionName": OLD}, {"revisionName": NEW, "tag": "c-one"}]
    assert sorted((each["revisionName"], each["percent"]) for each in splits[1] if "percent" in each) == [
        (OLD, 90),
        (NEW, 10),
    ]
    revision = ready.project.run.revisions[NEW]
    (container,) = revision["spec"]["containers"]
    env = {each["name"]: each["value"] for each in container["env"]}
    assert container["image"] == f"{REGISTRY}/{SERVICE}@{DIGEST}"
    assert int(env["THREADS"]) == revision["spec"]["containerConcurrency"]
    assert (env["APP_NAME"], env["PUBLIC_URL"]) == ("Itsimple AI", PUBLIC_URL)
    assert revision["metadata"]["annotations"]["itsimple-mate/previous"] == OLD


def test_what_was_released_over_another_can_be_taken_back_once(ready: Scene) -> None:
    _released_before(ready)
    assert release(ready).returncode == 0

    first, wrote = ready.run("rollback"), ready.writes()
    second, again = ready.run("rollback"), ready.writes()
    third = ready.run("rollback", f"--to={BEFORE}")
    fourth = ready.run("rollback", "--to=misspelt")

    assert (first.returncode, wrote, ready.shares()) == (0, [PUT], {BEFORE: 100}), first.stderr
    assert (second.returncode, again) == (1, [])
    assert f"--to={NEW}" in second.stderr
    assert f"--to={OLD}" in second.stderr
    assert (third.returncode, ready.writes()) == (0, [])
    assert "already" in third.stdout
    assert (fourth.returncode, ready.writes()) == (1, [])
    assert "there is no revision misspelt" in fourth.stderr


def test_nobody_rolls_back_to_the_placeholder_by_accident(ready: Scene) -> None:
    _released_before(ready)

    done = ready.run("rollback")

    assert (done.returncode, ready.writes()) == (1, [])
    assert f"--to={OLD}" in done.stderr


def _released_before(ready: Scene) -> None:
    """A release serves everyone, as Cloud Run would tell of it."""
    run, service = ready.project.run, ready.project.run.services[SERVICE]
    about = {"name": BEFORE, "annotations": {"itsimple-mate/previous": OLD}}
    run.revisions[BEFORE] = deepcopy(run.revisions[OLD]) | {"metadata": about}
    service["status"] |= {"latestReadyRevisionName": BEFORE, "latestCreatedRevisionName": BEFORE}
    for part in ("spec", "status"):
        service[part]["traffic"] = [{"revisionName": BEFORE, "percent": 100}]


def _instead(of: str, status: int, content: bytes, *, at_most: int = 1000) -> Any:
    left = [at_most]

    def spoil(revision: str, visit: Visit) -> Reply | None:
        if visit.target.startswith(of) and left[0]:
            left[0] -= 1
            return Reply(status, {"Content-Type": "application/json"}, content)
        return healthy_as(revision, visit)

    return spoil


def _from_now(path: str, later: int) -> Any:
    """Well for LATER visits to PATH, and then broken."""
    left = [later]

    def spoil(revision: str, visit: Visit) -> Reply | None:
        if revision == OLD:
            return None
        if visit.target.startswith(path):
            left[0] -= 1
            if left[0] < 0:
                return Reply(500, {}, b"broken")
        return healthy_as(revision, visit)

    return spoil


OTHER = json.dumps({"issuer": "https://other.example.com"}).encode()


@pytest.mark.parametrize(
    ("spoil", "said", "puts"),
    [
        (_instead("/ready", 503, b'{"missing":["key"]}'), 'ready: FAILED: status 503: {"missing":["key"]}', 2),
        (_from_now("/health", 3), "status 500", 3),
        (_from_now("/privacy", 1), f"pages: not as it should be at {PUBLIC_URL}", 4),
    ],
    ids=["for nobody", "for few", "for everyone"],
)
def test_a_canary_that_is_not_well_is_taken_back(ready: Scene, spoil: Any, said: str, puts: int) -> None:
    ready.front.spoil = spoil

    done = release(ready)

    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert f"{OLD} serves everyone" in done.stderr
    assert done.stderr.startswith("scripts/release: ")
    assert ready.writes() == [PUT] * puts
    assert (ready.shares(), ready.tags()) == ({OLD: 100}, set())


def test_a_revision_that_does_not_start_never_serves(ready: Scene) -> None:
    ready.project.run.start = lambda _: "The configuration is not complete: PUBLIC_URL must be https"

    done = release(ready)

    assert (done.returncode, ready.shares(), ready.tags()) == (1, {OLD: 100}, set())
    assert "PUBLIC_URL must be https" in done.stderr
    assert {revision for revision, _ in ready.front.visits} == set()


@pytest.mark.parametrize(
    ("nth", "status", "reason", "released"),
    [
        (2, 409, "ABORTED", True),
        (3, 503, "UNAVAILABLE", True),
        (3, 403, "PERMISSION_DENIED", False),
    ],
    ids=["met another's change", "not there", "not allowed"],
)
def test_a_change_that_google_refuses_is_tried_again_where_that_may_help(
    ready: Scene, nth: int, status: int, reason: str, *, released: bool
) -> None:
    ready.through.failures.append(Failure("PUT", f"{SERVICES}$", nth, status, reason))

    done = release(ready)

    assert done.returncode == (0 if released else 1), done.stderr
    assert (ready.shares(), ready.tags()) == ({NEW if released else OLD: 100}, set())


def test_when_the_way_back_fails_the_last_line_is_the_command_for_it(ready: Scene) -> None:
    ready.front.spoil = _instead("/ready", 503, b"{}")
    ready.through.failures.append(Failure("PUT", f"{SERVICES}$", 2, 403, "PERMISSION_DENIED"))

    done = release(ready)
    command = done.stderr.splitlines()[-1].split()
    by_hand = ready.by_hand(command)

    assert (done.returncode, command[0]) == (3, "gcloud"), done.stderr
    assert by_hand.returncode == 0, by_hand.stderr
    assert (ready.shares(), ready.tags()) == ({OLD: 100}, set())


def test_whoever_ends_a_release_leaves_people_served_as_before(ready: Scene) -> None:
    with ready.running("release", f"{REGISTRY}/{SERVICE}:one", "--id=one") as running:
        assert running.stdout
        while "10 percent" not in (line := running.stdout.readline()):
            assert line, "it ended too early"
        running.send_signal(signal.SIGTERM)
        while "# back to" not in (line := running.stdout.readline()):
            assert line, "it ended too early"
        os.killpg(running.pid, signal.SIGINT)  # a second one, as from an impatient terminal
        _, err = running.communicate(timeout=120)

    assert running.returncode == 1
    assert "it was ended" in err
    assert (ready.shares(), ready.tags()) == ({OLD: 100}, set())


def test_after_a_kill_the_next_release_names_the_command_that_closes_it(ready: Scene) -> None:
    ready.front.spoil = lambda revision, visit: _killing(running, revision, visit)
    with ready.running("release", f"{REGISTRY}/{SERVICE}:one", "--id=one") as running:
        running.communicate(timeout=120)
    ready.front.spoil = lambda revision, visit: healthy_as(revision, visit) if revision != OLD else None
    assert (running.returncode, ready.shares(), ready.tags()) == (-signal.SIGKILL, {OLD: 100}, {"c-one"})

    refused, wrote = release(ready, "one"), ready.writes()
    closed = ready.by_hand(refused.stderr.splitlines()[-1].split())
    ready.push("sha256:" + "b" * 64, "two")

    assert (refused.returncode, wrote) == (1, [])
    assert "another release is open" in refused.stderr
    assert (closed.returncode, ready.tags()) == (0, set())
    assert release(ready, "two").returncode == 0


def _killing(running: Any, revision: str, visit: Visit) -> Reply | None:
    if revision == NEW and visit.target == "/ready":
        running.send_signal(signal.SIGKILL)
    return healthy_as(revision, visit) if revision != OLD else None


def test_settings_for_which_the_service_would_not_start_begin_nothing(ready: Scene) -> None:
    ready.settings.write_text(SETTINGS.replace("https", "http") + "\nPUBLIC_ULR=x\n", encoding="utf-8")

    done = release(ready)

    assert (done.returncode, ready.through.exchanges) == (2, [])
    assert "PUBLIC_URL must be https" in done.stderr
    assert "PUBLIC_ULR" in done.stderr


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Failure("GET", f"{SERVICES}$", 1, 403, "PERMISSION_DENIED"), "PERMISSION_DENIED"),
        (Failure("GET", f"{SERVICES}$", 1, 404, "NOT_FOUND"), "run scripts/project setup first"),
        (Failure("GET", "/tags/one$", 1, 404, "NOT_FOUND"), "push it first"),
    ],
)
def test_what_cannot_be_seen_is_not_begun(ready: Scene, failure: Failure, said: str) -> None:
    ready.through.failures.append(failure)

    done = release(ready)

    assert (done.returncode, ready.writes()) == (1, [])
    assert said in done.stderr


def _then(broken: Any, meanwhile: Any) -> Any:
    """As BROKEN; and when it is asked for /ready, MEANWHILE happens."""

    def spoil(revision: str, visit: Visit) -> Reply | None:
        if visit.target == "/ready":
            meanwhile()
        spoiled: Reply | None = broken(revision, visit)
        return spoiled

    return spoil


def test_the_way_back_is_taken_also_when_nobody_says_how_things_are(ready: Scene) -> None:
    failure = Failure("GET", f"{SERVICES}$", 1, 403, "PERMISSION_DENIED")
    ready.front.spoil = _then(_instead("/ready", 503, b"{}"), lambda: setattr(ready.through, "failures", [failure]))

    done = release(ready)

    assert (done.returncode, ready.writes()) == (1, [PUT] * 2), done.stderr
    assert (ready.shares(), ready.tags()) == ({OLD: 100}, set())


def test_a_look_that_is_cut_off_is_taken_again(ready: Scene) -> None:
    cut = [True]

    def hang_up(_exchange: Any) -> None:
        if cut:
            cut.clear()
            raise ConnectionResetError

    ready.through.before_answer = hang_up

    done = release(ready)

    assert (done.returncode, cut, ready.shares()) == (0, [], {NEW: 100}), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_instead("/.well-known/oauth-authorization", 200, OTHER), "is PUBLIC_URL right?"),
        (_instead("/health", 200, b'{"status":"ok","revision":"other"}'), f"it is other, not {OLD}"),
        (_instead("/human_move", 200, b"<html>"), "tic-tac-toe: FAILED: an answer that cannot be read"),
        (_instead("/human_move", 1000, b""), "tic-tac-toe: FAILED: no answer"),
        (_instead("/openapi.yaml", 200, b"info:\n  version: 0.0.1\n"), "of version 0.0.1 there"),
        (_instead("/notes", 200, b"{}"), "challenge: FAILED: status 200"),
        (_instead("/token", 503, b"{}"), "a refused client: FAILED: status 503"),
        (late("/health", 2), "health: FAILED: no answer: "),
    ],
    ids=["another issuer", "another revision", "garbage", "no HTTP", "another contract", "open", "no store", "late"],
)
def test_what_is_not_as_it_should_be_is_told(ready: Scene, spoil: Any, said: str) -> None:
    ready.front.ports[OLD] = ready.port
    ready.front.spoil = spoil

    done = ready.run("smoke", PUBLIC_URL, f"--revision={OLD}", "--seconds=1")

    assert done.returncode == 1
    assert said in done.stdout
    assert "scripts/smoke: " in done.stderr


def test_a_change_whose_answer_is_cut_off_is_made_once(ready: Scene) -> None:
    cut = [2]

    def hang_up(exchange: Any) -> None:
        cut[0] -= exchange.method == "PUT"
        if exchange.method == "PUT" and cut[0] == 0:
            raise ConnectionResetError

    ready.through.before_answer = hang_up

    done = release(ready)

    assert (done.returncode, ready.shares()) == (0, {NEW: 100}), done.stdout + done.stderr


def test_a_release_that_another_one_came_over_leaves_that_one_alone(ready: Scene) -> None:
    """The other had been begun at the same time, and its service.yaml arrived later."""
    other = BEFORE

    def arrive(exchange: Any) -> None:
        if exchange.method == "PUT":
            _released_before(ready)

    ready.through.before_answer = arrive

    done = release(ready)

    assert (done.returncode, ready.writes()) == (1, [PUT]), done.stdout
    assert f"{other} serves everyone" in done.stderr


def test_whoever_serves_badly_can_be_replaced(ready: Scene) -> None:
    """Every tenth answer is none."""
    answers = count()

    def spoil(revision: str, visit: Visit) -> Reply | None:
        is_ill = revision == OLD and next(answers) % 10 == 9
        return Reply(500, {}, b"ill") if is_ill else healthy_as(revision, visit)

    ready.front.spoil = spoil

    assert release(ready).returncode == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [("https://typo-abc-ew.a.run.app", "answered 0 of"), ("https://nobody-abc-ew.a.run.app", "is PUBLIC_URL right")],
    ids=["somebody else's", "nobody's"],
)
def test_a_public_url_that_leads_elsewhere_is_not_released(ready: Scene, url: str, said: str) -> None:
    """Its service has that issuer, and so far nobody sees it."""
    ready.settings.write_text(SETTINGS.replace(f"PUBLIC_URL={PUBLIC_URL}", f"PUBLIC_URL={url}"))
    ready.through.visit = lambda visit: _as_if(url, visit, ready.front(visit))

    done = release(ready)

    assert (done.returncode, ready.shares()) == (1, {OLD: 100})
    assert said in done.stderr


def _as_if(url: str, visit: Visit, reply: Reply) -> Reply:
    """What a service says whose PUBLIC_URL is URL."""
    if visit.host.startswith("nobody"):
        raise ConnectionAbortedError
    if visit.host.startswith("typo"):
        return Reply(200, {}, b"{}")
    headers = {name: value.replace(PUBLIC_URL, url) for name, value in reply.headers.items()}
    return Reply(reply.status, headers, reply.content.replace(PUBLIC_URL.encode(), url.encode()))


def test_people_are_served_as_before_also_when_whoever_watched_is_gone(ready: Scene) -> None:
    """`scripts/release … | tee log`, and Ctrl-C."""
    with ready.running("release", f"{REGISTRY}/{SERVICE}:one", "--id=one") as running:
        assert running.stdout
        while "10 percent" not in (line := running.stdout.readline()):
            assert line, "it ended too early"
        running.stdout.close()
        running.send_signal(signal.SIGINT)
        assert running.stderr
        told = running.stderr.read()
        running.wait(120)

    assert (running.returncode, ready.shares(), ready.tags()) == (1, {OLD: 100}, set())
    assert "it was ended" in told


def test_what_is_still_on_its_way_when_a_release_is_ended_does_not_arrive(ready: Scene) -> None:
    """All of service.yaml is sent, and Cloud Run takes its time."""
    sent, overtaken, over = Event(), Event(), Event()

    def hold(method: str, _path: str) -> None:
        if method == "PUT" and not sent.is_set():
            sent.set()
            overtaken.wait(60)

    def tell(exchange: Any) -> None:
        if exchange.method == "PUT":
            (over if overtaken.is_set() else overtaken).set()

    ready.through.before_effect, ready.through.before_answer = hold, tell
    with ready.running("release", f"{REGISTRY}/{SERVICE}:one", "--id=one") as running:
        assert sent.wait(60)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=120)

    assert over.wait(60)
    assert [each.status for each in ready.through.exchanges if each.method == "PUT"] == [200, 409]
    assert (running.returncode, ready.shares(), ready.tags()) == (1, {OLD: 100}, set())


@pytest.mark.parametrize("nth", [2, 3])
def test_a_split_that_does_not_come_to_be_is_no_release(ready: Scene, nth: int) -> None:
    """Cloud Run takes what is asked for, and goes on as before."""
    puts = count(1)

    def ignore(exchange: Any) -> None:
        if exchange.method == "PUT" and next(puts) == nth:
            ready.project.run.services[SERVICE]["status"]["traffic"] = [{"revisionName": OLD, "percent": 100}]

    ready.through.before_answer = ignore

    done = release(ready)

    assert (done.returncode, ready.shares(), ready.tags()) == (1, {OLD: 100}, set())
    assert "the traffic is" in done.stderr


def test_everyone_is_waited_for(ready: Scene) -> None:
    """The front ends hear of a split one after the other."""
    still = count()

    def spoil(revision: str, visit: Visit) -> Reply | None:
        if ready.shares() == {NEW: 100} and visit.target == "/health" and next(still) < 2:
            return healthy_as(OLD, visit)
        return healthy_as(revision, visit) if revision != OLD else None

    ready.front.spoil = spoil

    assert release(ready).returncode == 0
    assert next(still) > 2


@pytest.mark.parametrize("chosen", ["--id=A_b", "--id=-a", "--id=1234567-", "--id=", f"--service={'m' * 25}"])
def test_a_name_that_no_host_can_have_begins_nothing(chosen: str) -> None:
    with pytest.raises(SystemExit):
        main(["image", f"--project={PROJECT}", chosen])


def test_another_release_that_is_open_is_waited_for(tmp_path: Path) -> None:
    """Two pushes, one soon after the other."""
    waited = list[float]()
    with scene(tmp_path) as made:

        def pause(seconds: float) -> None:
            waited.append(seconds)
            if len(waited) == 2:
                made.project.run.services[SERVICE]["spec"]["traffic"] = [{"revisionName": OLD, "percent": 100}]

        made.project.run.services[SERVICE]["spec"]["traffic"].append({"revisionName": BEFORE, "tag": "c-before"})
        run = CloudRun(PLAN, pause)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in made.through.env.items():
                patch.setenv(name, value)
            run.__dict__["_api"] = GoogleApi(PROJECT, "token", charged=False)
            with pytest.raises(Failed, match="there is no image"):
                Release(run, "c-one", PUBLIC_URL, pause)(f"{REGISTRY}/{SERVICE}:none", {}, 300)

    assert waited == [10, 10]
