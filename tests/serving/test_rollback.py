"""`warehouse rollback` and `load-postgresql`: an earlier release again, in the files and on the server."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from typer.testing import CliRunner, Result

from childrens_warehouse.alarms import note, observing, open_incidents
from childrens_warehouse.cli import app
from childrens_warehouse.orchestration import services
from childrens_warehouse.serving import local
from childrens_warehouse.serving.access import PUBLISHER
from childrens_warehouse.settings import Settings
from tests.serving.releases import release_of

pytestmark = pytest.mark.slow


@pytest.fixture
def warehouse(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    assert settings.postgres
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", settings.postgres.url)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def says(settings: Settings) -> tuple[Any, Any]:
    """What the files and what the server say now."""
    assert settings.postgres
    with duckdb.connect(str(settings.home.marts), read_only=True) as files:
        [ours] = files.execute("select distinct says from marts.dim_child").fetchall()
    with psycopg.connect(settings.postgres.url, options=f"-c role={PUBLISHER}") as server:
        [theirs] = server.execute("select distinct says from marts.dim_child").fetchall()
    return ours[0], theirs[0]


def good(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def test_the_release_before_is_read_again_everywhere_within_a_minute(settings: Settings, warehouse: Any) -> None:
    ids = []
    for number in (1, 2):
        ids.append(release_of(settings, says=number))
        assert f"Release {ids[-1]} is current since now in PostgreSQL" in good(warehouse("load-postgresql"))
    assert says(settings) == (2, 2)

    started = time.monotonic()
    said = good(warehouse("rollback"))
    assert time.monotonic() - started < 60

    assert f"Files: release {ids[0]} is published, instead of {ids[1]}; data as at 2017-05-31." in said
    assert f"PostgreSQL: Release {ids[0]} is current since now in PostgreSQL: 0 tables with 0 rows loaded" in said
    assert "The next night publishes anew" in said
    assert says(settings) == (1, 1)

    listed = good(warehouse("rollback", "--list")).splitlines()
    assert [line.split()[0] for line in listed] == ["release", ids[1], ids[0]]
    assert [line.split()[4:] for line in listed[1:]] == [["there"], ["published", "current"]]

    assert "is published already" not in good(warehouse("rollback", ids[1]))
    assert says(settings) == (2, 2)
    assert "is published already" in good(warehouse("rollback", ids[1]))


def test_there_is_no_release_before_the_first(settings: Settings, warehouse: Any) -> None:
    release_of(settings)
    result = warehouse("rollback")
    assert "There is no release before the published one" in str(result.exception)
    result = warehouse("rollback", "2001-01-01-aaaaaaaa")
    assert "There is no release 2001-01-01-aaaaaaaa to go back to" in str(result.exception)


def test_a_server_that_is_away_leaves_the_files_gone_back(
    settings: Settings, warehouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [release_of(settings, says=number) for number in (1, 2)]
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", "host=/nowhere dbname=x")
    result = warehouse("rollback")
    assert f"Files: release {ids[0]} is published" in result.output
    assert "PostgreSQL at /nowhere:5432/x cannot be reached" in str(result.exception)
    assert "cannot be reached" in good(warehouse("rollback", "--list"))


def test_loading_by_hand_ends_the_alarm(settings: Settings, warehouse: Any) -> None:
    release_of(settings)
    note(settings, "night", *observing.serving(settings, None))
    assert [str(each.key) for each in open_incidents(settings)] == ["postgresql"]
    good(warehouse("load-postgresql"))
    assert not open_incidents(settings)


def test_a_server_of_this_machine_is_started_for_a_release_and_stopped_with_the_rest(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        port = local.free_port()
        monkeypatch.setenv("WAREHOUSE_HOME", str(home))
        monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", "local")
        monkeypatch.setenv("WAREHOUSE_POSTGRES_LOCAL_PORT", str(port))
        settings = Settings.from_environment()
        release_id = release_of(settings)
        server = local.of(settings)
        assert server and not server.is_running()
        try:
            result = CliRunner().invoke(app, ["load-postgresql"])
            assert f"Release {release_id} is current since now in PostgreSQL" in good(result)
            assert "was current already" in good(CliRunner().invoke(app, ["load-postgresql"]))
            with psycopg.connect(server.address(local.DATABASE)) as connection:
                assert connection.execute("select count(*) from marts.dim_child").fetchone() == (30,)
            with pytest.raises(psycopg.OperationalError, match="no password supplied"):
                psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/warehouse")
            # Others on this machine cannot pass to the socket, nor read what is stored.
            assert server.folder.stat().st_mode & 0o077 == 0
        finally:
            assert services.main(["down"]) == 0
        assert "Stopped PostgreSQL." in capfd.readouterr().out
        assert not server.is_running()
