"""PostgreSQL, SFTP and a webhook that break: crashes, restarts, locks, secrets, silence.

The release that people read over PostgreSQL must be the last good or the new good one, whole, whatever happens while
the next is loaded; and a server that says nothing must not hold a night for ever.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from chaos import mounts, victim
from chaos.contract import Count, Form, Say, sentence
from chaos.range import Range, shared
from chaos.victim import Moment
from chaos.works import load
from childrens_warehouse.errors import PostgresUnavailable
from childrens_warehouse.serving.local import LocalServer, free_port

_TRIALS = {Form.SHORT: 4, Form.LONG: 45, Form.ONE: 1}
_URL, _PASSWORD = "WAREHOUSE_POSTGRES_URL", "WAREHOUSE_POSTGRES_PASSWORD_COMMAND"
_SECONDS_TO_COME_BACK = 30.0
_KEPT, _TRIAL = "kept", "trial"
_LARGE = 1_000_000_000  # bytes for PostgreSQL, where it has a disk of its own


def run(form: Form, seed: int, say: Say) -> Count:
    """Break so many servers; each trial is repeated alone by its own seed."""
    if mounts.may_mount():
        return mounts.run_inside("chaos.servers", form, seed, say)
    say("nothing can be mounted here (that takes root): the server's disk does not fill up")
    return _run(shared(), form, seed, say)


def _run(range_: Range, form: Form, seed: int, say: Say) -> Count:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        # As root the server runs as another user, who must come to its folder.
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "pg", free_port())
        disk = server.folder if mounts.may_mount() else None
        if disk:
            disk.mkdir()
            mounts.mount("mount", "-t", "tmpfs", "-o", f"size={_LARGE}", "tmpfs", str(disk))
        server.start()
        try:
            servers = Servers(range_, server, disk)
            total = Count()
            for number in range(_TRIALS[form]):
                count, said = servers.trial(seed + number)
                total += count
                if form is not Form.SHORT or count.broken:
                    say(f"{number + 1}/{_TRIALS[form]} {said}")
            return total
        finally:
            server.stop()
            if disk:
                mounts.mount("umount", str(disk))


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that breaks while a release is loaded: during it, at a moment of it, or in what the load is told.

    says: one of these must be in what the load said, where it did not come to its end.
    """

    named: str
    moment: Moment
    during: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    says: tuple[str, ...] = ("",)


class Servers:
    """A PostgreSQL server with a database in which the first night is loaded; each trial loads the second."""

    def __init__(self, range_: Range, server: LocalServer, disk: Path | None) -> None:
        self.range, self.server, self.disk = range_, server, disk
        self.environment = {_URL: server.address(_TRIAL)}
        range_.start_from("delivered")
        self._query("postgres", f"create database {_TRIAL}")
        range_.do(load, self.environment)
        self._query("postgres", f"alter database {_TRIAL} rename to {_KEPT}")
        self._fresh()
        began, used = time.monotonic(), self._used()
        range_.do(load, self.environment)
        self.seconds, self.written = time.monotonic() - began, self._used() - used
        self.shown = self._shown()
        self._fresh()
        self.calls = victim.calls_of(load, range_.root, range_.said, self.environment) if victim.can_trace() else {}

    def trial(self, seed: int) -> tuple[Count, str]:
        """One fault. What it came to, and a sentence about it."""
        rng = random.Random(seed)
        kinds = [
            self._killed, self._killed, self._crashed, self._restarted, self._backend_killed, self._locked,
            self._idle_reader, self._secret, *([self._full, self._full] if self.disk else []),
        ]  # fmt: skip
        self._fresh()
        self.seen_meanwhile = list[str]()
        fault = rng.choice(kinds)(rng)
        with fault.during():
            ended = self.range.harm(load, fault.moment, {**self.environment, **fault.environment})
        said = self.range.last_words()
        self._start_server()
        broken = (
            []
            if self._shown() in (self.shown_before, self.shown)
            else ["readers of PostgreSQL see neither release whole"]
        )
        broken += self.seen_meanwhile
        if ended and not any(each in said for each in fault.says):
            broken.append(f"the load does not say what is the matter: {said}")
        broken += self.range.files_stand()
        if again := victim.run(load, self.range.root, self.range.said, self.environment):
            broken.append(f"cannot be loaded again ({again}): {self.range.last_words()}")
        elif self._shown() != self.shown:
            broken.append("what PostgreSQL shows in the end is not the release")
        broken += self._left_over()
        named = f"servers, seed {seed}: {fault.named}"
        counted = self.range.count(broken, self.range.leaks_said(), named)
        is_kill = fault.moment.signal is not None
        count = dataclasses.replace(counted, deliveries=0, kills=int(is_kill and ended != 0), faults=int(not is_kill))
        became = f"survived ({said[:100]})" if ended else "survived, loaded"
        return count, sentence(count, f"{named}: {became}")

    def _killed(self, rng: random.Random) -> Fault:
        moment = victim.any_moment(rng, self.seconds, self.calls)
        return Fault(f"load, {moment}", moment)

    def _crashed(self, rng: random.Random) -> Fault:
        sent = rng.choice((signal.SIGKILL, signal.SIGQUIT))
        return self._at_any_time(rng, f"PostgreSQL ended by {sent.name}", lambda: self._end_server(sent))

    def _restarted(self, rng: random.Random) -> Fault:
        def restart() -> None:
            self.server.stop()
            self.server.start()

        return self._at_any_time(rng, "PostgreSQL restarted", restart)

    def _backend_killed(self, rng: random.Random) -> Fault:
        def kill() -> None:
            with contextlib.suppress(psycopg.Error, ProcessLookupError):
                found = self._query(
                    "postgres",
                    f"select pid from pg_stat_activity where datname = '{_TRIAL}' and pid <> pg_backend_pid()",
                )
                for (pid,) in found:
                    os.kill(int(str(pid)), signal.SIGKILL)
                time.sleep(0.5)  # the server ends all sessions, and comes back

        return self._at_any_time(rng, "PostgreSQL's session killed", kill)

    def _locked(self, rng: random.Random) -> Fault:
        table = rng.choice(("store.loaded", "store.release", "store.release_table"))
        return Fault(
            f"{table} locked by an idle transaction", Moment(None),
            lambda: self._transaction(f"lock table {table} in access exclusive mode"),
        )  # fmt: skip

    def _idle_reader(self, rng: random.Random) -> Fault:
        view = rng.choice(("dim_child", "fct_review", "release"))
        return Fault(
            f"marts.{view} read in a transaction that stays idle", Moment(None),
            lambda: self._transaction(f"select count(*) from marts.{view}"),
        )  # fmt: skip

    def _secret(self, rng: random.Random) -> Fault:
        """Over the network, where a password is asked for."""
        address = f"host=127.0.0.1 port={self.server.port} dbname={_TRIAL} user=publisher_of_tests"
        command = rng.choice(("echo expired", "false", "/no/such/command", "sh -c 'echo secret >&2; exit 3'"))
        return Fault(f"password command {command!r}", Moment(None), environment={_URL: address, _PASSWORD: command})

    def _full(self, rng: random.Random) -> Fault:
        room = int(self.written * 1.2 * rng.random())
        return Fault(
            f"{room / 1000:.0f} kB free for PostgreSQL", Moment(None, seconds=victim.LONGEST_SECONDS),
            lambda: self._little_room(room), says=("its disk is full", "the connection was lost"),
        )  # fmt: skip

    @contextlib.contextmanager
    def _little_room(self, room: int) -> Iterator[None]:
        """While it lasts, whoever reads sees the release that was there; unless the server had no room for itself."""
        assert self.disk
        mounts.mount("mount", "-o", f"remount,size={shutil.disk_usage(self.disk).used + room}", str(self.disk))
        try:
            yield
            with contextlib.suppress(psycopg.OperationalError):
                if self._shown() not in (self.shown_before, self.shown):
                    self.seen_meanwhile.append("readers of a full PostgreSQL see neither release whole")
        finally:
            mounts.mount("mount", "-o", f"remount,size={_LARGE}", str(self.disk))

    def _at_any_time(self, rng: random.Random, what: str, do: Callable[[], None]) -> Fault:
        moment = Moment(None, seconds=rng.uniform(0.05, self.seconds), do=(what, do))
        return Fault(str(moment), moment)

    @contextlib.contextmanager
    def _transaction(self, statement: str) -> Iterator[None]:
        with psycopg.connect(self.server.address(_TRIAL)) as connection:
            connection.execute(statement)
            yield
            connection.rollback()

    def _end_server(self, sent: signal.Signals) -> None:
        os.kill(process_id(self.server), sent)

    def _start_server(self) -> None:
        """It may have ended a moment ago, its sessions not yet."""
        patience = time.monotonic() + _SECONDS_TO_COME_BACK
        while True:
            try:
                self.server.start()
                self._query("postgres", "select 1")
                return
            except (psycopg.Error, PostgresUnavailable):
                if time.monotonic() > patience:
                    raise
                time.sleep(0.2)

    def _fresh(self) -> None:
        """The database with the first night's release, and the home with the second's."""
        self.range.start_from("published")
        self._query("postgres", f"drop database if exists {_TRIAL} with (force)")
        self._query("postgres", f"create database {_TRIAL} template {_KEPT}")
        self.shown_before = self._shown()

    def _shown(self) -> dict[str, tuple[object, ...]]:
        return shown(self.server.address(_TRIAL))

    def _left_over(self) -> list[str]:
        """Stored tables that the books do not know, or that no release shows."""
        found = self._query(
            _TRIAL,
            "select relname from pg_class where relnamespace = 'store'::regnamespace and relkind = 'r'"
            " and relname not in ('loaded', 'release', 'release_table')"
            " and relname not in (select name from store.loaded)"
            " union all select name from store.loaded where name not in (select name from store.release_table)",
        )
        return [f"store.{name} is left over" for (name,) in found]

    def _used(self) -> int:
        return shutil.disk_usage(self.server.folder).used

    def _query(self, database: str, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.address(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def process_id(server: LocalServer) -> int:
    """Of a server that runs."""
    return int((server.data / "postmaster.pid").read_text(encoding="ascii").split()[0])


def shown(address: str) -> dict[str, tuple[object, ...]]:
    """What readers of a server see: of every view its rows and what they say."""
    with psycopg.connect(address) as connection:
        views = connection.execute(
            "select schemaname, viewname from pg_views where schemaname in ('marts', 'marts_aggregate') order by 1, 2"
        ).fetchall()
        found = {}
        for schema, view in views:
            query = SQL("select count(*), coalesce(sum(hashtext(v::text)::bigint), 0) from {} as v")
            row = connection.execute(query.format(Identifier(schema, view))).fetchone()
            found[f"{schema}.{view}"] = tuple(row or ())
        return found


if __name__ == "__main__":
    mounts.answer(_run)
