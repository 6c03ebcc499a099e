"""Log lines as Cloud Logging reads them: https://cloud.google.com/logging/docs/structured-logging."""

import json
import logging
import sys


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"severity": record.levelname, "message": record.getMessage(), "logger": record.name}
        return json.dumps(line | getattr(record, "fields", {}))


def install() -> None:
    """From now on this service's loggers write one JSON object a line to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines())
    logger = logging.getLogger("service")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # It writes all that a refused refresh of credentials says; our own line tells that the call failed.
    plugins = logging.getLogger("grpc._plugin_wrapping")
    plugins.addHandler(logging.NullHandler())
    plugins.propagate = False
