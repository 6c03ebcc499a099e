"""`record`: a frozen dataclass that is made when its first instance is, and costs a start nothing until then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")
_making = Lock()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(plain: type[_T]) -> type[_T]:
    """`dataclass(frozen=True)` in all that an instance can tell. The class is PLAIN itself, not to be inherited from.

    Fifty of those compile three hundred methods, which takes a third of the time that importing Flask does.
    """
    is_made = False

    def new(cls: type[_T], *_values: object, **_named: object) -> _T:
        nonlocal is_made
        if not is_made:
            with _making:
                if not is_made:
                    dataclass(frozen=True)(plain)
                    is_made = True
        return object.__new__(cls)

    made: Callable[..., Any] = new
    plain.__new__ = made  # type: ignore[method-assign]  # called before `__init__` is, which is made here
    return plain
