"""Where one call copies a body: what is alive at each call and return of a function, in Python's memory and in all of it.

Python's is what tracemalloc counts. All of it is what glibc has given out: protobuf's messages and gRPC's buffers too.
"""

import ctypes
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from scripts.verbs.processes import ROOT

_T = TypeVar("_T")
_COPY = 0.4
"""Of a body: what is smaller is something else."""
_COUNTS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class _Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _COUNTS]


_mallinfo2: Any = getattr(ctypes.CDLL(None), "mallinfo2", None)  # glibc's
if _mallinfo2:
    _mallinfo2.restype = _Mallinfo


@dataclass(frozen=True)
class Copy:
    """One moment at which there was about a body more or less than before; all numbers in bodies."""

    place: str
    python: float
    """What Python had more of; 0 of a copy in native memory."""
    whole: float
    """What there was more of in all."""
    alive: float
    """What there is now in all, beyond what there was before the call."""


@dataclass
class Trace:
    """Of one call. Deterministic but for `whole` and `alive`, which other threads move a little."""

    size: int
    copies: list[Copy] = field(default_factory=list)
    most: float = 0.0
    """The most bodies that were alive in Python at the call or the return of a function."""
    most_of_all: float = 0.0
    """The same with native memory."""
    peak: float = 0.0
    """The most at any moment, within C too: what decoders ask for and do not touch counts."""

    @property
    def made(self) -> int:
        """How often Python copied the body."""
        return sum(copy.python > _COPY for copy in self.copies)


def trace(call: Callable[[], _T], size: int) -> tuple[_T, Trace]:
    """What CALL returns, and its copies of a body of SIZE bytes; only of this thread."""
    found = Trace(size)
    tracemalloc.start(1)
    try:
        first = python, whole = _python(), _whole()
        tracemalloc.reset_peak()

        def look(frame: FrameType, event: str, called: Any) -> None:
            nonlocal python, whole
            more, more_of_all = (_python() - python) / size, (_whole() - whole) / size
            python, whole = _python(), _whole()
            found.most = max(found.most, (python - first[0]) / size)
            alive = (whole - first[1]) / size
            found.most_of_all = max(found.most_of_all, alive)
            if max(abs(more), abs(more_of_all)) > _COPY:
                found.copies.append(Copy(_place(frame, event, called), more, more_of_all, alive))

        sys.setprofile(look)
        try:
            answer = call()
        finally:
            sys.setprofile(None)
        found.peak = (tracemalloc.get_traced_memory()[1] - first[0]) / size
    finally:
        tracemalloc.stop()
    return answer, found


def _python() -> int:
    return tracemalloc.get_traced_memory()[0]


def _whole() -> int:
    if not _mallinfo2:
        return _python()
    now = _mallinfo2()
    return int(now.uordblks + now.hblkhd)


def _place(frame: FrameType, event: str, called: Any) -> str:
    """Whose line it is: the service's, and the function that it called there."""
    inner = getattr(called, "__qualname__", "") if event.startswith("c_") else frame.f_code.co_name
    outer: FrameType | None = frame
    while outer and "/service/" not in outer.f_code.co_filename:
        outer = outer.f_back
    if outer is None:
        return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {inner}"
    path = Path(outer.f_code.co_filename)
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{outer.f_lineno} {inner}"
