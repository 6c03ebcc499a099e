"""`openapi.yaml`, the operations and the served document say the same."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import openapi_spec_validator
import pytest
import yaml

from service import contract
from service.actions.registry import OPERATIONS
from service.contract import PATH, Contract
from tests.world import World

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text())


def test_it_is_valid_openapi_3_1() -> None:
    openapi_spec_validator.validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_operation_is_in_the_contract_and_the_other_way_round() -> None:
    assert {operation.operation_id for operation in OPERATIONS} == set(Contract.load().operations)


def test_every_schema_can_be_enforced() -> None:
    """A start makes no validator, so it would not notice one that cannot be made."""
    for operation in Contract.load().operations.values():
        for made in (operation._parameters, operation._body):
            assert isinstance(made, jsonschema_rs.Draft202012Validator)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the document is kept as JSON; there is none yet."""
    file = tmp_path / "contract.json"
    monkeypatch.setattr(contract, "PARSED", file)
    return file


def test_what_is_kept_as_json_is_the_document(parsed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract.keep()
    monkeypatch.delattr(contract, "_parse")

    kept = Contract(PATH.read_text(encoding="utf-8")).document

    assert kept == DOCUMENT
    assert json.dumps(kept) == json.dumps(DOCUMENT)  # in the same order, which the tools' schemas show
    assert parsed.stat().st_size > 20_000


@pytest.mark.parametrize("wrong", [None, "", "{", "null", "[]", "{}", '{"digest": 1}'])
def test_without_what_was_kept_the_text_is_read(parsed: Path, wrong: str | None) -> None:
    if wrong is not None:
        parsed.write_text(wrong)

    assert Contract(PATH.read_text(encoding="utf-8")).document == DOCUMENT


def test_what_was_kept_of_another_text_is_not_believed(parsed: Path) -> None:
    text = PATH.read_text(encoding="utf-8")
    contract.keep()
    assert parsed.exists()

    changed = Contract(text.replace("summary: Save a note", "summary: Save one note"))

    assert changed.document["paths"]["/notes"]["post"]["summary"] == "Save one note"


def test_the_service_serves_it_with_its_own_address(world: World) -> None:
    answer = world.service.get("/openapi.yaml", headers={"Origin": "https://chatgpt.com"})

    served = yaml.safe_load(answer.text)
    assert served["servers"] == [{"url": f"{world.service.url}/at/{Contract.load().digest}"}]
    flow = served["components"]["securitySchemes"]["oauth"]["flows"]["authorizationCode"]
    assert (flow["authorizationUrl"], flow["tokenUrl"]) == (
        f"{world.service.url}/authorization",
        f"{world.service.url}/token",
    )
    assert "mate.example.com" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    openapi_spec_validator.validate(served)


def test_each_version_has_an_address_of_its_own() -> None:
    """So that ChatGPT's calls tell which version it has imported, without an operation id that is raised by hand."""
    text = PATH.read_text(encoding="utf-8")
    changed = Contract(text.replace("summary: Save a note", "summary: Save one note"))

    assert Contract(text).digest == hashlib.sha256(PATH.read_bytes()).hexdigest()[:12]
    assert changed.digest != Contract(text).digest
    assert f"/at/{changed.digest}" in changed.published("https://mate.example.com")


def test_a_document_with_another_server_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly one server"):
        Contract(PATH.read_text(encoding="utf-8").replace("url: https://mate", "url: https://other"))


def test_the_names_of_parameters_and_fields_are_one_name_space() -> None:
    """So that the arguments of an operation are one object, also for who calls it as a tool."""
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                names += DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
            assert len(names) == len(set(names))
