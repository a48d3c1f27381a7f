"""Events to whoever is named to receive them, by the client library."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import RunEvent

from childrens_warehouse.errors import WarehouseError

# A receiver that is away must not hold a night up: the client's own patience is half a minute for each event.
_PATIENCE = {"timeout": 5, "retry": {"total": 1, "connect": 1, "read": 1, "backoff_factor": 0.2}}
# To one address, several events at a time; the client keeps the beginning of a run before its end.
_AT_A_TIME = 8


class NotReceived(WarehouseError):
    """The receiver of lineage did not take every event. No night waits for it."""


def send(events: Iterable[RunEvent], seconds: float) -> None:
    """Send events and wait until they are received, at most so long. Raises NotReceived, or what the client raises."""
    before = set(os.environ)
    client = OpenLineageClient(config=_config())
    for name in set(os.environ) - before:
        del os.environ[name]  # the client tells itself what it was told, and every program started from here
    sent = 0
    try:
        for event in events:
            client.emit(event)
            sent += 1
    finally:
        is_done = client.close(seconds)
    told: dict[str, int] = getattr(client.transport, "get_stats", dict)()
    if not is_done or told.get("failed"):
        raise NotReceived(f"Of {sent} events of lineage {told.get('failed', 'some')} were not received.")


def _config() -> dict[str, Any]:
    if told := os.environ.get("AIRFLOW__OPENLINEAGE__TRANSPORT", "").strip():
        transport = json.loads(told)
    elif url := os.environ.get("OPENLINEAGE_URL", "").strip():
        transport = {"type": "async_http", "url": url, "max_concurrent_requests": _AT_A_TIME, **_PATIENCE}
        if endpoint := os.environ.get("OPENLINEAGE_ENDPOINT"):
            transport["endpoint"] = endpoint
        if key := os.environ.get("OPENLINEAGE_API_KEY"):
            transport["auth"] = {"type": "api_key", "apiKey": key}
    else:
        return {}
    # Not where this checkout came from: an installation has none, and its owner did not ask to tell.
    return {"transport": transport, "facets": {"source_code_location": {"disabled": True}}}
