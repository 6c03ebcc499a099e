"""`openapi.yaml`, the operations and the served document say the same."""

from typing import Any

import jsonschema_rs
import openapi_spec_validator
import pytest
import yaml

from service.actions.registry import OPERATIONS
from service.contract import PATH, Contract
from tests.world import World

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text())


def test_it_is_valid_openapi_3_1() -> None:
    openapi_spec_validator.validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_operation_is_in_the_contract_and_the_other_way_round() -> None:
    assert {operation.operation_id for operation in OPERATIONS} == set(Contract.load().operations)


def test_the_service_serves_it_with_its_own_address(world: World) -> None:
    answer = world.service.get("/openapi.yaml", headers={"Origin": "https://chatgpt.com"})

    served = yaml.safe_load(answer.text)
    assert served["servers"] == [{"url": world.service.url}]
    flow = served["components"]["securitySchemes"]["oauth"]["flows"]["authorizationCode"]
    assert (flow["authorizationUrl"], flow["tokenUrl"]) == (
        f"{world.service.url}/authorization",
        f"{world.service.url}/token",
    )
    assert "example.com" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    openapi_spec_validator.validate(served)


@pytest.mark.parametrize("case", ["saved", "again", "refused", "unauthorized", "unsupported"])
def test_answers_are_as_the_contract_describes(world: World, case: str) -> None:
    tokens = world.connect(world.assistant(), world.person())
    answers = {
        "saved": lambda: world.save(tokens),
        "again": lambda: (world.save(tokens), world.save(tokens))[1],
        "refused": lambda: world.save(tokens, title=""),
        "unauthorized": lambda: world.service.post("/notes", json={}),
        "unsupported": lambda: world.service.post("/notes", data="x", headers=tokens.bearer),
    }

    answer = answers[case]()

    described = DOCUMENT["paths"]["/notes"]["post"]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"] | {"components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(answer.json())
