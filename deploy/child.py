"""A consumer or the beater as a child process: `python -m deploy.child consume|beat`; ends with its parent."""

import os
import signal
import sys
import threading

import uvloop

from deploy.consume import beat, consume
from deploy.database import dsn
from deploy.kafka_client import bootstrap
from deploy.logs import configure
from deploy.settings import load

_STDIN = 0


def _end_with_parent() -> None:
    """End in good order once the parent's end of our standard input is gone, whatever became of it."""
    while os.read(_STDIN, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(what: str) -> None:
    """Run until a signal, or until the parent ends. The environment names both servers (HOLDFAST_…)."""
    settings = load()
    configure("warning", settings.log_format)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    broker = bootstrap(settings)
    uvloop.run(consume(settings, dsn(settings), broker) if what == "consume" else beat(settings, broker))


if __name__ == "__main__":
    main(sys.argv[1])
