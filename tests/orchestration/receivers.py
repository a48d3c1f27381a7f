"""A mail server and a webhook receiver on the loopback, which keep what they are sent."""

from __future__ import annotations

import json
import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """Takes mail on one port, between `start` and `stop`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self._controller: Controller | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the name aiosmtpd calls
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def start(self) -> MailServer:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    @property
    def connection(self) -> str:
        """As Airflow reads it from AIRFLOW_CONN_SMTP_DEFAULT."""
        return json.dumps(
            {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": self.port,
                "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "warehouse@example.org"},
            }
        )


class Receiver:
    """Answers each POST with the next status, the last one for ever."""

    def __init__(self) -> None:
        self.statuses = [200]
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                outer.paths.append(self.path)
                if status == 200:
                    outer.bodies.append(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def connection(self) -> str:
        """As Airflow reads it from AIRFLOW_CONN_ALARM_WEBHOOK."""
        return json.dumps({"conn_type": "http", "host": "127.0.0.1", "port": self._server.server_address[1]})


def text_of(mail: EmailMessage) -> str:
    """The page in a mail, as its reader sees the source of it."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())
