"""`scripts/project setup` where it cannot go on: a clear message, nothing half-moved, and safe to run again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.verbs import settings_file
from scripts.verbs.gcloud import Gcloud
from scripts.verbs.google_api import Denied, GoogleApi, covers
from scripts.verbs.index_file import declared
from scripts.verbs.plan import Plan
from scripts.verbs.processes import Failed
from scripts.verbs.project import main
from scripts.verbs.project_steps import STEPS
from scripts.verbs.steps.firebase import say_what_is_left
from scripts.verbs.steps.foundations import APIS, make_key
from tests.cloud.empty_project import EmptyProject
from tests.cloud.project_runs import Setup, commands, steps
from tests.cloud.proxy import Failure, Proxy, proxy
from tests.cloud.test_indexes import PROJECT

DATABASE = f"projects/{PROJECT}/databases/(default)"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmptyProject, Setup]]:
    """Nothing that is tried with it changes it."""
    project, folder = EmptyProject(PROJECT, declared()), tmp_path_factory.mktemp("empty")
    with project.behind(folder) as through:
        yield project, Setup(through, folder)


def test_a_dry_run_on_an_empty_project_tells_all_and_changes_nothing(empty: tuple[EmptyProject, Setup]) -> None:
    project, setup = empty
    before = project.state()

    done = setup("--dry-run")

    assert (done.returncode, done.stderr, setup.writes()) == (0, "", [])
    assert project.state() == before
    assert steps(done) == [name for name, _ in STEPS]
    assert not setup.settings.exists()
    told = {" ".join(each[1:4]) for each in commands(done)}
    for words in ("services enable", "firestore databases create", "firestore indexes composite", "run deploy"):
        assert any(words in each for each in told), words
    grants = [each for each in commands(done) if "add-iam-policy-binding" in each]
    assert len(grants) == 9
    assert all("--condition=None" in each for each in grants)
    assert "write settings.env" in done.stdout


@pytest.mark.parametrize(
    ("more", "project", "failure", "says"),
    [
        ((), "demo-another", None, ["403 PERMISSION_DENIED", "demo-another", "Is the project right"]),
        ((), PROJECT, Failure("GET", "/services$", 1, 401, "UNAUTHENTICATED"), ["gcloud auth login"]),
        (
            (),
            PROJECT,
            Failure("POST", "/services:batchEnable$", 1, 403, "PERMISSION_DENIED"),
            ["does not have permission"],
        ),
    ],
    ids=["wrong project", "expired credential", "a write is not permitted"],
)
def test_it_stops_at_once_and_says_why(
    empty: tuple[EmptyProject, Setup], more: tuple[str, ...], project: str, failure: Failure | None, says: list[str]
) -> None:
    empty[1].through.failures[:] = [failure] if failure else []

    done = empty[1](*more, project=project)

    empty[1].through.failures.clear()
    assert (done.returncode, steps(done)) == (1, ["APIs"])
    assert "scripts/project: APIs: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "Run the same again" in done.stderr
    assert [word for word in says if word not in done.stderr] == []
    assert empty[0].services.enabled == set()


def test_a_database_elsewhere_is_left_and_named(tmp_path: Path) -> None:
    project = EmptyProject(PROJECT, declared())
    project.services.enabled = {f"{api}.googleapis.com" for api in APIS}
    project.databases.databases[DATABASE] = {"name": DATABASE, "locationId": "nam5", "type": "FIRESTORE_NATIVE"}

    with project.behind(tmp_path) as through:
        setup = Setup(through, tmp_path)
        done = setup()

    assert (done.returncode, setup.writes()) == (1, [])
    assert "--location=nam5" in done.stderr


def test_without_gcloud_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")

    assert main(["setup", "--project=p"]) == 1
    assert "gcloud is missing" in capsys.readouterr().err


@pytest.fixture
def api_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Reached as the environment says, and believed by SSL_CERT_FILE alone."""
    project = EmptyProject(PROJECT, declared())
    project.services.enabled = {"storage.googleapis.com"}
    with project.behind(tmp_path) as through:
        for name in ("https_proxy", "http_proxy", "NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTPS_PROXY", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, through.env[name])
        yield through


@pytest.mark.parametrize(("status", "reason"), [(429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE")])
@pytest.mark.parametrize("times", [4, 5])
def test_a_busy_api_is_asked_again_but_not_for_ever(api_of: Proxy, status: int, reason: str, times: int) -> None:
    pauses: list[float] = []
    api_of.failures[:] = [Failure("GET", "/b/none$", nth, status, reason) for nth in range(1, times + 1)]
    api = GoogleApi(PROJECT, "fake", pause=pauses.append)

    if times == 4:
        assert api.find("storage.googleapis.com/storage/v1/b/none") is None
    else:
        with pytest.raises(Denied, match=f"{status} {reason}"):
            api.find("storage.googleapis.com/storage/v1/b/none")

    assert len(api_of.exchanges) == 5
    assert pauses == [1.0, 2.0, 4.0, 8.0]


def test_an_api_that_is_off_is_waited_for_but_in_a_dry_run_has_nothing(api_of: Proxy) -> None:
    pauses: list[float] = []
    address = f"iam.googleapis.com/v1/projects/{PROJECT}/serviceAccounts/a@b"

    with pytest.raises(Denied, match="has not been used"):
        GoogleApi(PROJECT, "fake", pause=pauses.append).find(address)

    assert len(pauses) == len(api_of.exchanges) - 1 == 4
    assert GoogleApi(PROJECT, "fake", dry_run=True, pause=pauses.append).find(address) is None


def test_a_404_that_no_google_api_said_is_no_absence(tmp_path: Path, api_of: Proxy) -> None:
    def elsewhere(*_: object) -> tuple[int, object]:
        return 404, "a page of somebody's proxy"

    assert api_of
    with proxy(tmp_path, {"storage.googleapis.com": elsewhere}) as through, pytest.MonkeyPatch.context() as patch:
        for name in ("HTTPS_PROXY", "SSL_CERT_FILE"):
            patch.setenv(name, through.env[name])
        with pytest.raises(Denied, match="somebody's proxy"):
            GoogleApi(PROJECT, "fake").find("storage.googleapis.com/storage/v1/b/none")


def test_a_list_is_read_to_its_last_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pages(_method: str, _path: str, query: object, _body: object) -> tuple[int, object]:
        return 200, {"things": [2]} if "pageToken" in str(query) else {"things": [1], "nextPageToken": "more"}

    with proxy(tmp_path, {"storage.googleapis.com": pages}) as through:
        for name in ("https_proxy", "http_proxy", "NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTPS_PROXY", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, through.env[name])
        assert GoogleApi(PROJECT, "fake").listed("storage.googleapis.com/x", "things") == [1, 2]


def test_what_a_refusal_says_is_of_use(api_of: Proxy) -> None:
    api_of.failures[:] = [Failure("GET", "/b/", 1, 403, "PERMISSION_DENIED")]

    with pytest.raises(Denied) as denied:
        GoogleApi(PROJECT, "s3cret").find("storage.googleapis.com/storage/v1/b/none")

    assert "storage/v1/b/none" in str(denied.value)
    assert "roles/owner" in str(denied.value)
    assert "s3cret" not in str(denied.value)


@pytest.mark.parametrize(
    ("found", "covered"),
    [
        ({"a": [{"b": 1, "name": "more"}]}, True),
        ({"a": [{"b": 1}], "zero": 0}, True),
        ({"a": [{"b": 2}]}, False),
        ({"a": [{"b": 1}, {"b": 1}]}, False),
        ({"a": [{"b": 1}], "zero": 3}, False),
        ({}, False),
    ],
)
def test_what_google_adds_or_leaves_out_is_no_difference(found: object, covered: bool) -> None:  # noqa: FBT001
    assert covers(found, {"a": [{"b": 1}], "zero": 0}) is covered


@pytest.fixture
def looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[EmptyProject, Gcloud]]:
    """Steps that only look, in this process."""
    project = EmptyProject(PROJECT, declared())
    project.services.enabled.update(f"{api}.googleapis.com" for api in APIS)
    with project.behind(tmp_path) as through:
        for name, value in through.env.items():
            monkeypatch.setenv(name, value)
        gcloud = Gcloud(PROJECT, dry_run=True)
        gcloud.__dict__["api"] = GoogleApi(PROJECT, "token", dry_run=True)
        yield project, gcloud


PLAN = Plan(PROJECT, "(default)", "europe-west1", "europe-west1", "itsimple-mate")


def test_a_key_that_nobody_can_read_is_no_key(looking: tuple[EmptyProject, Gcloud]) -> None:
    project, gcloud = looking
    name = f"projects/{PROJECT}/secrets/itsimple-mate-key"
    project.secrets.secrets[name], project.secrets.versions[name] = {"name": name}, ["a2V5"]
    project.secrets.disabled = {f"{name}/versions/1"}

    with pytest.raises(Failed, match="gcloud secrets versions enable NUMBER --secret=itsimple-mate-key"):
        make_key(gcloud, PLAN)


def test_settings_of_a_wrong_world_are_named(
    looking: tuple[EmptyProject, Gcloud], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "PUBLIC_URL": "http://localhost",
        "GOOGLE_CLOUD_PROJECT": "another-project",
        "FIRESTORE_DATABASE": "elsewhere",
        "KEY_SECRET": "other-key",
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
        "PUBLIC_ULR": "x",
    }
    plan = replace(PLAN, settings=tmp_path / "settings.env")
    plan.settings.write_text("".join(f"{name}={value}\n" for name, value in wrong.items()))

    say_what_is_left(looking[1], plan)

    told = capsys.readouterr().out
    said = (
        "PUBLIC_ULR",
        "no public host name",
        "is another-project",
        "elsewhere; set-up made (default)",
        "other-key; set-up",
    )
    assert [line for line in (*said, "must not be set on Cloud Run") if line not in told] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("APP_NAME", "settings.env:2: is not NAME=VALUE"),
        ("app=x", "settings.env:2: is not NAME=VALUE"),
        ("COMPANY=B", "settings.env:2: COMPANY is there twice"),
        ('APP_NAME="Mate"', "settings.env:2: take the quotes away"),
    ],
)
def test_a_line_of_the_settings_that_is_not_clear_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "settings.env"
    file.write_text(f"COMPANY=A\n{line}\n")

    with pytest.raises(Failed, match=said):
        settings_file.read(file)


@pytest.mark.parametrize(
    "answer", [{"error": "text"}, {"error": {"errors": []}}, [], "<html>", {"error": {"code": 404}}]
)
def test_only_googles_own_word_is_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    with proxy(tmp_path, {"run.googleapis.com": lambda *_: (404, answer)}) as through:
        for name, value in through.env.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(Denied, match="404"):
            GoogleApi(PROJECT, "token").find("run.googleapis.com/v1/x")


@pytest.mark.parametrize("name", ["a-very-long-service-name-indeed", "Mate_X", "m", "9mate", "mate-"])
def test_a_name_that_no_account_can_have_begins_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["setup", "--project=p", f"--service={name}"])
    assert "3 to 24 lower-case letters" in capsys.readouterr().err
