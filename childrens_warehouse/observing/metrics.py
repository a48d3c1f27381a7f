"""Figures of the last nights as OpenTelemetry metrics, told after a step and by `warehouse metrics push`.

Off, until an endpoint is named as OpenTelemetry's own programs know it: OTEL_EXPORTER_OTLP_ENDPOINT or
OTEL_EXPORTER_OTLP_METRICS_ENDPOINT (OTLP over HTTP). Every figure is a gauge read from the ledger and the home, so
that a figure told twice, or by two processes, is the same. Sources and steps are told apart, never authorities and
never anything below them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing import logs
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.settings import Home, Settings

PREFIX = "childrens_warehouse"
SERVICE = "childrens-warehouse"
_AFTER = ("close", "gate", "publish", "serve")
_SECONDS_TO_SEND = 5


class NotSent(WarehouseError):
    """The receiver of metrics did not take them."""


@dataclass(frozen=True)
class Metric:
    """What a metric is. name: without the prefix. unit: as UCUM has it. attributes: what tells its figures apart."""

    name: str
    unit: str
    what: str
    attributes: tuple[str, ...]
    read: Callable[[Settings], Iterator[tuple[tuple[str, ...], float]]]

    @property
    def full_name(self) -> str:
        return f"{PREFIX}.{self.name}"


@dataclass(frozen=True)
class Figure:
    """One figure of a metric."""

    metric: Metric
    attributes: Mapping[str, str]
    value: float


def is_on() -> bool:
    """Was an endpoint named?"""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if os.environ.get("OTEL_METRICS_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return any(
        os.environ.get(name, "").strip()
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    )


def figures(settings: Settings) -> tuple[Figure, ...]:
    """Every figure there is now."""
    return tuple(
        Figure(metric, dict(zip(metric.attributes, values, strict=True)), figure)
        for metric in METRICS
        for values, figure in metric.read(settings)
    )


def push_after(settings: Settings, step: str) -> None:
    """Tell the figures after a step that changes them, if anybody wants them. A receiver that is away is said."""
    if not is_on() or step not in _AFTER:
        return
    try:
        push(settings)
    except Exception as error:
        logs.say(f"Metrics were not told ({type(error).__name__}): the night goes on without them.", is_error=True)


def push(settings: Settings) -> int:
    """Send every figure once; returns how many. Raises NotSent where nobody takes them."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
    from opentelemetry.sdk.resources import Resource

    from childrens_warehouse import __version__

    found = figures(settings)
    reader = InMemoryMetricReader()
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME") or SERVICE})
    provider = MeterProvider(metric_readers=[reader], resource=resource)
    meter = provider.get_meter(PREFIX, __version__)
    gauges = {each: meter.create_gauge(each.full_name, each.unit, each.what) for each in METRICS}
    for figure in found:
        gauges[figure.metric].set(figure.value, dict(figure.attributes))
    exporter = OTLPMetricExporter(timeout=_SECONDS_TO_SEND)
    collected = reader.get_metrics_data()
    is_sent = collected is not None and exporter.export(collected) is MetricExportResult.SUCCESS
    exporter.shutdown()
    provider.shutdown()
    if not is_sent:
        raise NotSent("Nobody takes the metrics at OTEL_EXPORTER_OTLP_ENDPOINT: see whether the collector runs.")
    return len(found)


def _query(settings: Settings, statement: str) -> list[dict[str, Any]]:
    return Ledger(settings.home.ledger).query(statement)


# The run that closed the newest night of each source.
_LAST = "(select source, run_id from source_night where rowid in (select max(rowid) from source_night group by source))"


def _rows(column: str) -> Callable[[Settings], Iterator[tuple[tuple[str, ...], float]]]:
    """Of the newest night of each source that was closed; nought where nothing new came."""

    def read(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
        for row in _query(
            settings,
            f"select s.source, coalesce(sum(f.{column}), 0) as n from {_LAST} as s left join file_event as f on "
            "f.source = s.source and f.run_id = s.run_id and f.status in ('accepted', 'refused') group by s.source",
        ):
            yield (row["source"],), row["n"]

    return read


def _files(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    found = Counter[tuple[str, str]]()
    for row in _query(
        settings,
        "select source, status, count(distinct authority || extract_date || file_name) as n from file_event "
        f"where (source, run_id) in {_LAST} group by source, status",
    ):
        found[row["source"], row["status"]] = row["n"]
    for source in _last_nights(settings):
        for status in ("accepted", "unchanged", "refused", "missing", "unexpected"):
            yield (source, status), found[source, status]


def _late(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    for source, summary in _last_nights(settings).items():
        yield (source,), len(summary["late"])


def _night(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    for source, summary in _last_nights(settings).items():
        yield (source,), _midnight(summary["night"])


def _last_nights(settings: Settings) -> dict[str, dict[str, Any]]:
    rows = _query(settings, "select source, summary from source_night order by rowid")
    return {row["source"]: json.loads(row["summary"]) for row in rows}


def _seconds(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    """The last time of each step; of landing, what the files of each source's newest night took."""
    for row in _query(
        settings,
        "select step, seconds from step_event where rowid in "
        "(select max(rowid) from step_event where step <> 'close' group by step)",
    ):
        yield (row["step"], ""), row["seconds"]
    for row in _query(
        settings,
        "select source, sum(coalesce(seconds, 0)) as n from file_event "
        f"where (source, run_id) in {_LAST} group by source",
    ):
        yield ("land", row["source"]), row["n"]


def _failed(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    """Did the last run of each step fail?"""
    for row in _query(
        settings,
        "select step, state from step_event where rowid in (select max(rowid) from step_event group by step)",
    ):
        yield (row["step"],), float(row["state"] == "failed")


def _published(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    if manifest := current_manifest(settings.home):
        yield (), dt.datetime.fromisoformat(manifest["published_at"]).timestamp()


def _as_at(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    if manifest := current_manifest(settings.home):
        yield (), _midnight(manifest["as_at"])


def _release_rows(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    if manifest := current_manifest(settings.home):
        yield (), sum(table["rows"] for table in manifest["tables"].values())


def _gate(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    """Suites of the build that was judged last, by verdict; each as it was judged last."""
    rows = _query(
        settings,
        "select suite, verdict from gate_event where build_id = "
        "(select build_id from gate_event order by rowid desc limit 1) order by rowid",
    )
    if rows:
        counted = Counter({row["suite"]: row["verdict"] for row in rows}.values())
        for verdict in sorted({"pass", "warn", "fail", "could not judge"} | set(counted)):
            yield (verdict,), counted[verdict]


def _incidents(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    from childrens_warehouse.alarms import Kind

    counted = Counter(row["kind"] for row in _query(settings, "select kind from incident where resolved_at is null"))
    for kind in Kind:
        yield (kind.value,), counted[kind.value]


def _home(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    """Hard links are counted once: in the folder that is looked at first."""
    home, seen = settings.home, set[tuple[int, int]]()
    for folder in _folders(home):
        yield (folder.name,), _size(folder, seen)
    if home.ledger.exists():
        yield ("ledger",), home.ledger.stat().st_size


def _free(settings: Settings) -> Iterator[tuple[tuple[str, ...], float]]:
    if settings.home.root.exists():
        disk = os.statvfs(settings.home.root)
        yield (), disk.f_bavail * disk.f_frsize


def _folders(home: Home) -> list[Path]:
    folders = (
        home.releases, home.published, home.raw, home.restricted, home.archive, home.inbox, home.quarantine, home.build,
        home.logs,
    )  # fmt: skip
    return [folder for folder in folders if folder.is_dir()]


def _size(folder: Path, seen: set[tuple[int, int]]) -> int:
    size, left = 0, [folder]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(Path(entry.path))
                        continue
                    told = entry.stat(follow_symlinks=False)
                    if told.st_nlink == 1 or (told.st_dev, told.st_ino) not in seen:
                        seen.add((told.st_dev, told.st_ino))
                        size += told.st_blocks * 512
        except OSError:
            continue  # went away meanwhile, or is not ours to read
    return size


def _midnight(day: str) -> float:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC).timestamp()


METRICS = (
    Metric("rows.read", "{row}", "Rows read of the newest night's files.", ("source",), _rows("rows_read")),
    Metric("rows.loaded", "{row}", "Rows taken in of the newest night's files.", ("source",), _rows("rows_loaded")),
    Metric("rows.refused", "{row}", "Rows set aside of the newest night's files.", ("source",), _rows("rows_refused")),
    Metric("files", "{file}", "Files of the newest night, by what became of them.", ("source", "status"), _files),
    Metric("folders.late", "{folder}", "Folders the newest night went on without.", ("source",), _late),
    Metric("night", "s", "The newest night landed: its midnight, in seconds since 1970.", ("source",), _night),
    Metric("step.duration", "s", "How long a step took when it last ran.", ("step", "source"), _seconds),
    Metric("step.failed", "{step}", "1 where a step failed when it last ran.", ("step",), _failed),
    Metric("release.published", "s", "When the published release was made, in seconds since 1970.", (), _published),
    Metric("release.as_at", "s", "The night it is of: its midnight, in seconds since 1970.", (), _as_at),
    Metric("release.rows", "{row}", "Rows of the published release.", (), _release_rows),
    Metric("gate.suites", "{suite}", "Suites of the build judged last, by verdict.", ("verdict",), _gate),
    Metric("incidents.open", "{incident}", "Incidents that are open, by kind.", ("kind",), _incidents),
    Metric("home.size", "By", "What the home's folders take on disk.", ("folder",), _home),
    Metric("home.free", "By", "What is free on the home's disk.", (), _free),
)
