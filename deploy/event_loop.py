"""uvloop, as our processes run on it, with what their Kafka clients need of it.

A transport of uvloop raises RuntimeError where something is written to it after it closed; asyncio's own does not.
aiokafka looks for OSError alone (its issue 1038): where a broker goes away at the wrong moment, the task that keeps its
metadata ends, and the client lives on without ever finding a broker again.
"""

from collections.abc import Callable, Coroutine
from functools import cache, wraps
from typing import Any, TypeVar

import uvloop
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

R = TypeVar("R")


def run(main: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end on uvloop."""
    _mend()
    return uvloop.run(main)


@cache
def _mend() -> None:
    """Let writing to a connection that closed be what aiokafka expects of one that broke. For the whole process."""
    for name in ("send", "_send_sasl_token"):
        setattr(AIOKafkaConnection, name, _mended(getattr(AIOKafkaConnection, name)))


def _mended(send: Callable[..., R]) -> Callable[..., R]:
    @wraps(send)
    def mended(self: AIOKafkaConnection, *args: object, **more: object) -> R:
        try:
            return send(self, *args, **more)
        except KafkaError:  # is a RuntimeError, too
            raise
        except RuntimeError as exc:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {exc}") from exc

    return mended
