"""No identity can reach a public operation: it is given its arguments, and imports nothing that would know more."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from service.actions.operation import Answer, PublicOperation
from service.actions.registry import OPERATIONS
from service.contract import Contract
from tests.house.test_imports import SERVICE, imports

PUBLIC = [operation for operation in OPERATIONS if isinstance(operation, PublicOperation)]
EACH = pytest.mark.parametrize("operation", PUBLIC, ids=lambda operation: operation.operation_id)


def test_the_type_has_no_place_for_an_access_a_store_or_a_request() -> None:
    assert get_type_hints(PublicOperation) == {
        "operation_id": str,
        "run": Callable[[Mapping[str, Any]], Answer],
    }


def test_the_game_is_one() -> None:
    assert "playTicTacToe" in {operation.operation_id for operation in PUBLIC}


@EACH
def test_it_takes_its_arguments_and_nothing_else(operation: PublicOperation) -> None:
    (parameter,) = inspect.signature(operation.run).parameters.values()

    assert parameter.annotation == Mapping[str, Any]


@EACH
def test_its_folder_knows_no_identity_and_no_store(operation: PublicOperation) -> None:
    folder = Path(inspect.getfile(operation.run)).parent
    own = ".".join(("service", *folder.relative_to(SERVICE).parts))
    used = {name for file in folder.rglob("*.py") for name in imports(file) if name.partition(".")[0] == "service"}

    assert {name for name in used if not name.startswith(own)} <= {"service.actions.operation", "service.errors"}
    assert "service.actions.operation" in used


@EACH
def test_it_needs_no_sign_in_and_every_other_one_does(operation: PublicOperation) -> None:
    scopes = {name: described.scopes for name, described in Contract.load().operations.items()}

    assert scopes[operation.operation_id] == ()
    assert {name for name, needed in scopes.items() if not needed} == {public.operation_id for public in PUBLIC}
