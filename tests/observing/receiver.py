"""Takes what OpenLineage and OpenTelemetry send by HTTP, and keeps it."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest


class Receiver:
    """events: of lineage, as they came. figures: the last told of each metric and its attributes."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.figures: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self.units: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/api/v1/lineage":
                    outer.events.append(json.loads(body))
                else:
                    outer._take(ExportMetricsServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, request: ExportMetricsServiceRequest) -> None:
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self.units[metric.name] = metric.unit
                    for point in metric.gauge.data_points:
                        marks = tuple((mark.key, mark.value.string_value) for mark in point.attributes)
                        self.figures[metric.name, tuple(sorted(marks))] = point.as_double or float(point.as_int)
