"""Figures for whoever watches the server, in Prometheus' text format.

Labels are methods, templates of routes, statuses and makers of browsers. None is a circle, a
device, a document or an address, so a figure tells nothing about a person, and their number has a
bound.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
ROUTES_MAX: Final = 200
"""Templates of routes told apart; a bound, should one ever be made from a path."""

OTHER: Final = "other"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300)


class Metrics:
    """All figures of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "rejoint_requests", "Requests answered.", ["method", "route", "status"],
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "rejoint_request_seconds",
            "From request to the end of its answer; feeds wait for news.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._pings = Counter(
            "rejoint_pings", "Tries to bring a ping to a push service.",
            ["service", "outcome", "why"], registry=self._registry,
        )  # fmt: skip
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        ProcessCollector(registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one request that is over.

        Args:
            method: One of a few words.
            route: Its template, "" or "…" when it has none.
            status: Of the answer; 0 when there was none.
            seconds: From its first byte to the end of its answer.
        """
        histogram = self._histograms.get(route)
        if histogram is None:
            if len(self._histograms) >= ROUTES_MAX:
                route = OTHER
            histogram = self._histograms.setdefault(route, self._seconds.labels(route))
        histogram.observe(seconds)
        key = (method, route, status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._requests.labels(method, route, str(status))
        counter.inc()

    def pinged(self, service: str, outcome: str, why: str) -> None:
        """Note one try to bring a ping.

        Args:
            service: Which push service, one of a few words.
            outcome: What became of it.
            why: The status it answered, or one of a few words.
        """
        self._pings.labels(service, outcome.replace(" ", "_"), why).inc()

    def show(self, name: str, words: str, value: Callable[[], float]) -> None:
        """Offer a figure that is asked for whenever the page is."""
        Gauge(name, words, registry=self._registry).set_function(value)

    def page(self) -> bytes:
        """All figures as they are now."""
        return generate_latest(self._registry)
