"""What generated calls rest on: two ways to send, and a stream that is being answered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """A stream as it comes: its headers, and its bytes or its lines, once."""

    headers: Mapping[str, str]
    bytes: Callable[[], Iterator[bytes]]
    lines: Callable[[], Iterator[str]]


class Sends(Protocol):
    """What sends requests for generated calls."""

    def _call(self, method: str, path: str, query: Values, **sent: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a request, and give what it answers as JSON; None where it answers nothing."""
        ...

    def _stream(self, method: str, path: str, query: Values, **sent: Any) -> AbstractContextManager[Answer]:  # noqa: ANN401
        """Send a request, and give what it answers as it comes."""
        ...
