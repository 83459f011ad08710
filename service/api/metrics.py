"""What the API measures: request times by route, and where every cell is. Consumers serve their own."""

import time
from collections.abc import Iterable

import asyncpg
from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import REGISTRY
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.facts.records import Millis

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._times = Histogram(  # how long requests took, by method and route
            "holdfast_request_seconds",
            "Time of a request",
            ("method", "route"),
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._answers = Counter(  # how requests ended
            "holdfast_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self._age = Gauge(  # how far each cell is behind; simulated cells stand still on purpose
            "holdfast_horizon_age_seconds", "Age of a cell's horizon", ("cell", "simulated"), registry=self.registry
        )
        self._stopped = Gauge(  # partitions that wait for a person
            "holdfast_partitions_stopped", "Partitions that are stopped", ("cell",), registry=self.registry
        )
        self._up = Gauge(  # 1, or 0: then nothing is told of cells
            "holdfast_database_up", "Whether the database answered", registry=self.registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request. Methods that no route knows count as one."""
        known = method if method in _METHODS else "other"
        self._times.labels(known, route).observe(seconds)
        self._answers.labels(known, route, str(status)).inc()

    def expose(self, positions: Iterable[asyncpg.Record] | None, now: Millis) -> bytes:
        """Write everything in Prometheus' text format, with where the cells are now (None: the database is away)."""
        self._up.set(0 if positions is None else 1)
        for gauge in (self._age, self._stopped):
            gauge.clear()
        for row in positions or ():
            age = max(0.0, (now - row["horizon"]) / 1000)
            self._age.labels(row["cell"], str(row["simulated"]).lower()).set(age)
            self._stopped.labels(row["cell"]).inc(1 if row["stopped"] else 0)
        return generate_latest(self.registry) + generate_latest(REGISTRY)


def metrics_of(request: Request) -> Metrics:
    """Give the numbers of the application that a request came to."""
    metrics = request.app.state.metrics
    if not isinstance(metrics, Metrics):
        raise TypeError("the application has no metrics")
    return metrics


class Timed:
    """ASGI middleware: times every request under the template of its route, never under its path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, timed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status, lasted = 500, None

        async def noted(message: Message) -> None:
            nonlocal status, lasted
            if message["type"] == "http.response.start":
                status = message["status"]
                if Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream"):
                    lasted = time.perf_counter() - began  # it is answered: how long somebody listens is no latency
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            took = time.perf_counter() - began if lasted is None else lasted
            self.metrics.request(scope["method"], _route(scope), status, took)


def _route(scope: Scope) -> str:
    route = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else "none"
