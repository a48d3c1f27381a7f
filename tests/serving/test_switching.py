"""Which release is current: changed in one step, for every answer whole, and never waiting for a reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import psycopg
import pytest

from childrens_warehouse.errors import ServingFailed
from childrens_warehouse.serving import names, steps, switching
from childrens_warehouse.serving.access import PUBLISHER
from childrens_warehouse.settings import PROJECT, Settings
from tests.serving.conftest import at
from tests.serving.releases import release_of

pytestmark = pytest.mark.slow

# Both schemas, a cut table among them; every table says the number of its release.
_ONE_ANSWER = """
select min(says), max(says) from (
    select says from marts.dim_child union all select says from marts.fct_placement
    union all select max(says) from marts.fct_attendance_pupil_month
    union all select cast(target as integer) from marts.indicator_value
    union all select cast(target as integer) from marts_aggregate.indicator_value
) as all_of_them
"""


def reader(database: str) -> psycopg.Connection[Any]:
    """Someone who reads as a BI tool does, here with every right."""
    return psycopg.connect(database, autocommit=True, options=f"-c role={PUBLISHER}", application_name="reader")


def says(database: str, query: str = _ONE_ANSWER) -> Any:
    with reader(database) as connection:
        return connection.execute(query.encode()).fetchone()


def publish(settings: Settings, number: int) -> str:
    """A release that says its number everywhere, in the files alone."""
    return release_of(settings, says=number, may=number)


def test_the_new_one_is_current_and_the_old_one_has_its_own_name(settings: Settings, database: str) -> None:
    first = publish(settings, 1)
    steps.load(settings)
    second = publish(settings, 2)
    steps.load(settings)

    assert says(database) == (2, 2)
    of_first = names.of_release(first)
    assert says(database, f"select distinct says from {of_first.marts}.dim_child") == (1,)
    assert says(database, f"select release_id from {of_first.marts_aggregate}.release") == (first,)
    assert steps.status(settings) == (second, (second, first))
    assert says(database, "select count(*) from store.release where is_current") == (1,)


def test_a_reader_may_hold_a_view_for_long_and_keeps_what_it_reads(settings: Settings, database: str) -> None:
    publish(settings, 1)
    steps.load(settings)
    publish(settings, 2)
    said: list[str] = []
    with reader(database) as slow:
        with slow.transaction(), slow.cursor("slow") as cursor:
            cursor.itersize = 1
            cursor.execute("select c.says from marts.dim_child as c cross join marts.fct_placement as p")
            assert cursor.fetchone() == (1,)

            started = time.monotonic()
            steps.load(settings, say=said.append)
            assert time.monotonic() - started < switching.PATIENCE_SECONDS + 20

            assert says(database) == (2, 2)
            assert set(cursor.fetchall()) == {(1,)}
        assert slow.execute(_ONE_ANSWER).fetchone() == (2, 2)
    assert any("views are held by queries that began earlier" in line for line in said)


def test_a_transaction_between_two_statements_is_not_given_an_answer_of_two_releases(
    settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds one old view; its next statement meets the switch at the second: it must not go on with a new one."""
    publish(settings, 1)
    steps.load(settings)
    publish(settings, 2)
    answers: list[Any] = []
    asked = threading.Event()
    renamed = switching._rename

    def rename_while_somebody_asks(connection: Any, before: str, release_id: str) -> None:
        renamed(connection, before, release_id)
        if not asked.is_set():
            asked.set()
            time.sleep(0.3)  # the statement waits for a view by now

    monkeypatch.setattr(switching, "_rename", rename_while_somebody_asks)
    with reader(database) as held:

        def ask_again() -> None:
            asked.wait(30)
            answers.append(held.execute(_ONE_ANSWER).fetchone())

        with held.transaction():
            assert held.execute("select distinct says from marts.dim_child").fetchall() == [(1,)]
            thread = threading.Thread(target=ask_again)
            thread.start()
            steps.load(settings)
            thread.join(30)
    assert answers in ([(1, 1)], [(2, 2)])


@pytest.mark.parametrize("seconds", [1.0, switching.PATIENCE_SECONDS + 2])
def test_a_statement_between_two_look_ups_ends_with_the_release_it_began_with_or_the_other_whole(
    settings: Settings, database: str, seconds: float
) -> None:
    publish(settings, 1)
    steps.load(settings)
    publish(settings, 2)
    answers: list[Any] = []
    with reader(database) as in_the_way:

        def go_on() -> None:
            time.sleep(seconds)
            in_the_way.rollback()

        in_the_way.autocommit = False
        in_the_way.execute("alter view marts.fct_placement owner to current_user")
        asking = threading.Thread(target=lambda: answers.append(says(database)))
        asking.start()
        time.sleep(0.3)  # it has found dim_child, and waits for fct_placement
        going_on = threading.Thread(target=go_on)
        going_on.start()
        assert steps.load(settings).is_new
        going_on.join()
        asking.join()
    assert answers in ([(1, 1)], [(2, 2)])
    assert says(database) == (2, 2)


def test_readers_all_the_time_see_no_error_and_never_two_releases(settings: Settings, database: str) -> None:
    releases = [publish(settings, number) for number in (1, 2)]
    for release_id in releases:
        steps.load(settings, release_id)
    stop = threading.Event()
    seen: list[tuple[Any, float]] = []
    failed: list[BaseException] = []

    def read() -> None:
        try:
            with reader(database) as connection:
                while not stop.is_set():
                    started = time.monotonic()
                    seen.append((connection.execute(_ONE_ANSWER).fetchone(), time.monotonic() - started))
                    time.sleep(0.02)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        for number in range(10):
            assert steps.load(settings, releases[number % 2]).is_new
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed
    assert {answer for answer, _ in seen} == {(1, 1), (2, 2)}
    assert max(seconds for _, seconds in seen) < 5


def test_releases_that_were_current_longest_ago_go_and_with_them_what_no_other_shows(
    settings: Settings, database: str
) -> None:
    settings = at(settings, keep_releases=2)
    ids = []
    for number in (1, 2, 3):
        ids.append(publish(settings, number))
        served = steps.load(settings)
    assert served.dropped == (ids[0],)
    assert steps.status(settings)[1] == (ids[2], ids[1])
    schemas = says(database, "select count(*) from pg_namespace where nspname like 'marts%'")
    assert schemas == (4,)
    assert says(
        database, "select count(*) from store.loaded where name not in (select name from store.release_table)"
    ) == (0,)
    tables = "select count(*) from pg_class where relnamespace = 'store'::regnamespace and relkind = 'r'"
    assert says(database, tables) == (says(database, "select count(*) from store.loaded")[0] + 3,)

    # Whoever goes back keeps the newer one at hand, and what was removed is loaded again from its folder.
    assert steps.load(settings, ids[0]).dropped == (ids[1],)
    assert says(database) == (1, 1)
    assert steps.load(settings, ids[2]).tables == 0
    assert says(database) == (3, 3)


def test_what_is_read_or_looked_at_by_somebodys_view_stays(settings: Settings, database: str) -> None:
    settings = at(settings, keep_releases=1)
    first = publish(settings, 1)
    steps.load(settings)
    with reader(database) as connection:
        connection.execute("create schema analysts")
        connection.execute("create view analysts.boys as select * from marts.dim_child where sex = '1'")
        connection.execute("create view analysts.of_boys as select * from analysts.boys")
    said: list[str] = []
    publish(settings, 2)
    steps.load(settings, say=said.append)
    assert any("keep to the release they were made on" in line and "analysts.boys" in line for line in said)
    assert any(f"Release {first} stays on the server" in line and "analysts.boys" in line for line in said)
    assert says(database, "select distinct says from analysts.boys") == (1,)

    with reader(database) as connection, connection.transaction():
        connection.execute("drop schema analysts cascade")
    with reader(database) as slow, slow.transaction():
        slow.execute(f"select from {names.of_release(first).marts}.dim_child")
        third = publish(settings, 3)
        assert first not in steps.load(settings, say=said.append).dropped
    steps.load(settings)
    assert steps.status(settings)[1] == (third,)


# Dies before the n-th statement that changes something.
_KILLED = """
import dataclasses, os, signal, sys
from pathlib import Path
import psycopg
from childrens_warehouse.serving import steps
from childrens_warehouse.settings import PostgresSettings
from tests.build import small_warehouse
settings = small_warehouse.settings_for(Path(sys.argv[1]), postgres=PostgresSettings(sys.argv[2], keep_releases=1))
left = [int(sys.argv[3])]
execute = psycopg.Connection.execute
def counted(self, query, *given, **named):
    text = query if isinstance(query, str) else query.as_string(self) if hasattr(query, "as_string") else query.decode()
    if not text.lstrip().startswith("select"):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
    return execute(self, query, *given, **named)
psycopg.Connection.execute = counted
steps.load(settings, say=lambda text: None)
print(left[0])
"""


def load_and_die(settings: Settings, after: int) -> int | None:
    """Load in a process that dies after so many statements. None, or how many were left when it had done all."""
    assert settings.postgres
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(settings.home.root), settings.postgres.url, str(after)],
        cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return None if done.returncode else int(done.stdout)


def test_killed_anywhere_the_old_release_or_the_new_one_is_served_and_the_next_attempt_ends_it(
    settings: Settings, database: str
) -> None:
    settings = at(settings, keep_releases=1)
    publish(settings, 1)
    steps.load(settings)
    last = publish(settings, 2)
    most = 10_000
    left = load_and_die(settings, most)
    assert left is not None
    statements = most - left
    current = 2
    # Somewhere in each fifth of it, and at the very end where it becomes current and the old one goes.
    points = sorted({*range(1, statements, statements // 5), *range(statements - 9, statements, 3)})
    for point in points:
        number = current + 1
        last = publish(settings, number)
        assert load_and_die(settings, point) is None
        low, high = says(database)
        assert low == high and low in (current, number)
        steps.load(settings)
        assert says(database) == (number, number)
        assert steps.status(settings) == (last, (last,))
        assert not (settings.home.build / "postgresql").exists()
        current = number
    unused = "select count(*) from store.loaded where name not in (select name from store.release_table)"
    assert says(database, unused) == (0,)


def test_where_somebody_reads_without_a_pause_it_says_so_and_the_old_one_stays(
    settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switching, "_SECONDS_FOR_ALL", 1.0)
    monkeypatch.setattr(switching, "PATIENCE_SECONDS", 60.0)
    publish(settings, 1)
    steps.load(settings)
    publish(settings, 2)
    with reader(database) as slow, slow.transaction():
        slow.execute("select from marts.dim_child")
        with pytest.raises(ServingFailed, match="is loaded and not current: for 1 s somebody was always reading"):
            steps.load(settings)
    assert says(database) == (1, 1)
    assert steps.load(settings).tables == 0
    assert says(database) == (2, 2)
