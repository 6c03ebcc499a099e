"""Words for whoever runs a script, who may be gone: what must still be done does not depend on them."""

import os
import sys
from pathlib import Path


def show(line: str, *, is_error: bool = False) -> None:
    """Print LINE at once, on stderr if it IS AN ERROR. A terminal that hung up, or a pipe that nobody reads, is no failure."""
    name = "stderr" if is_error else "stdout"
    try:
        print(line, file=getattr(sys, name), flush=True)
    except OSError:
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # until we end
