"""Counts and times of requests for Prometheus, and a log of them. The only file that names prometheus_client."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.serving.interest import How

LOG = logging.getLogger("mandates.requests")
UNKNOWN = "(none)"  # the route of what is refused, and of addresses that lead nowhere
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds


class _Asked:
    """Gives Prometheus what is counted elsewhere."""

    def __init__(self, counts: Callable[[], Mapping[tuple[str, How], int]]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily

        meaning = "Requests whose question named an organization, that were narrowed to it, or opened its passage."
        family = CounterMetricFamily("mandates_organization_requests", meaning, labels=["organization", "how"])
        for (acronym, how), count in sorted(self._counts().items()):
            family.add_metric([acronym, how], count)
        yield family


class Metrics:
    """What one server counts."""

    def __init__(
        self,
        gauges: Mapping[str, tuple[str, Callable[[], float]]],
        interest: Callable[[], Mapping[tuple[str, How], int]] = dict,
        *,
        log_queries: bool = False,
    ) -> None:
        """Start at nought.

        :param gauges: what is asked anew each time: name, what it tells, and the function that gives it.
        :param interest: gives how often each organization was asked about, and how.
        :param log_queries: whether the log may hold what was asked.
        """
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry, self._log_queries = CollectorRegistry(), log_queries
        self._requests = Counter(
            "mandates_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "mandates_request_seconds", "Time to answer.", ["route"], buckets=BUCKETS, registry=self._registry
        )
        for name, (meaning, function) in gauges.items():
            Gauge(f"mandates_{name}", meaning, registry=self._registry).set_function(function)
        self._registry.register(_Asked(interest))

    def observe(self, method: str, status: int, seconds: float, client: str, scope: Mapping[str, Any]) -> None:
        """Count a request, and log it: by its route, never by what was asked."""
        route = getattr(scope.get("route"), "path", UNKNOWN)
        known = method if route != UNKNOWN else "any"  # a client may make up as many methods as it likes
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": client,
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        if self._log_queries:
            entry["query"] = scope["query_string"].decode("latin-1")
        LOG.info(json.dumps(entry))

    def text(self) -> bytes:
        """Give all of it in the form of Prometheus."""
        from prometheus_client import generate_latest

        return bytes(generate_latest(self._registry))
