"""A consumer or the beater as a child process: `python -m deploy.child consume FD|beat`; ends with its parent.

`FD` is a listening socket that the parent made and left open for it: there the consumer says how it is.
"""

import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

from deploy import event_loop
from deploy.consume import beat, consume
from deploy.database import dsn
from deploy.kafka_client import bootstrap
from deploy.logs import configure
from deploy.settings import Settings, load
from deploy.status import STARTING, served

if TYPE_CHECKING:
    from consumers.consumer import Consumer

_STDIN = 0


def _end_with_parent() -> None:
    """End in good order once the parent's end of our standard input is gone, whatever became of it."""
    while os.read(_STDIN, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


async def _consume(settings: Settings, broker: str, listening: socket.socket) -> None:
    running: list[Consumer] = []
    async with served(listening, lambda: running[0].waiting if running else {STARTING: "starting"}):
        await consume(settings, dsn(settings), broker, running.append)


def main(fd: str | None = None) -> None:
    """Run until a signal, or until the parent ends. The environment names both servers (HOLDFAST_…)."""
    settings = load()
    configure(settings.log_level, settings.log_format)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    broker = bootstrap(settings)
    if fd is None:
        event_loop.run(beat(settings, broker))
    else:
        event_loop.run(_consume(settings, broker, socket.socket(fileno=int(fd))))


if __name__ == "__main__":
    main(*sys.argv[2:])
