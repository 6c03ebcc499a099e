"""python -m bench.under MODULE:NAME: another WSGI application, started and served as the service is. PORT and THREADS."""

import importlib
import os
import sys

from service.start import Server, for_good

if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    with for_good():
        app = getattr(importlib.import_module(module), name)
    Server(app, "127.0.0.1", int(os.environ["PORT"]), int(os.environ.get("THREADS", "8"))).run()
