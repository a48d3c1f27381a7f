"""One dataset asked of the case system's database, with PostgreSQL standing for it; its siblings as files, or alone."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ways_in_servers import postgres_server

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.landing import manifest, ways_in
from childrens_warehouse.landing import night as landing
from childrens_warehouse.orchestration import databases, fetching
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Home, Settings

pytestmark = pytest.mark.slow

NIGHT = dt.date(2017, 5, 31)
FILE = "health_assessments.csv"
DATASET = BY_NAME["health_assessments"]
COLUMNS = [column.name for column in DATASET.columns]
ROWS = [
    ["A1", "P1", "C1", "IHA", "2017-04-03", "2017-04-28", "2017-04-20", "completed", "in", "2017-04-25"],
    ["A2", "P2", None, "RHA", "2017-05-02", None, None, None, None, None],
    ["A3", 'P"3, é', "C3", "RHA", "2017-05-30", "2017-06-28", None, None, "out", None],
]
TOO_LATE = ["A4", "P4", "C4", "IHA", "2017-06-05", None, None, None, None, None]
QUERY = "select * from assessments where requested_on <= :extract_date order by assessment_id"
BESIDE = """
[[way_in]]
authority = "310"
source = "health"
kind = "folder"
path = "{}/supplier/{{extract_date}}"
"""
PATIENTS = b"patient_id\n1\n"


@pytest.fixture(scope="module")
def database():
    with postgres_server() as server:
        types = ", ".join(f"{name} {'date' if name.endswith('_on') else 'varchar(20)'}" for name in COLUMNS)
        server.run(f"create table assessments ({types})")
        server.run(f"insert into assessments values ({', '.join(['%s'] * len(COLUMNS))})", [*ROWS, TOO_LATE])
        yield server


@pytest.fixture
def warehouse(settings, database, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_SETTLE_SECONDS", "0")
    monkeypatch.setenv("AIRFLOW_CONN_CASE_SYSTEM", database.connection())
    return Warehouse(settings)


@dataclasses.dataclass
class Warehouse:
    settings: Settings
    asked: int = 0

    def configure(self, query: str = QUERY, more: str = "", **fields: Any) -> ways_in.Ways:
        fields = {
            "authority": "310", "source": "health", "kind": "sql", "dataset": "health_assessments",
            "connection": "case_system", "query": query, **fields,
        }  # fmt: skip
        lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
        self.settings.ways_in.write_text("\n".join(["[[way_in]]", *lines, more]))
        return ways_in.load(self.settings)[0]

    def fetch(self, query: str = QUERY, is_last_look: bool = False, **fields: Any) -> fetching.Fetched:
        return fetching.fetch(Settings.from_environment(), self.configure(query, **fields), NIGHT, is_last_look)

    @property
    def folder(self) -> Path:
        return self.settings.home.inbox / "310" / "health" / "2017-05-31"

    def told(self) -> manifest.Manifest:
        told = manifest.read(self.folder, "310", "health", NIGHT)
        assert told is not None
        return told

    def land(self) -> dict[str, landing.Outcome]:
        return land(self.settings)


def land(settings: Settings) -> dict[str, landing.Outcome]:
    outcomes: dict[str, Any] = {}
    for delivery in landing.expect(settings, "health", NIGHT, "310", "run"):
        landed = landing.land(settings, delivery, "run")
        outcomes[delivery.file_name] = landed[0] if isinstance(landed, tuple) else landed
    landing.close(settings, "health", NIGHT, "run", [])
    return outcomes


def as_a_file() -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *ROWS])
    return text.getvalue().encode()


def raw_content_hash(home: Home) -> tuple[int, int]:
    """Rows and an order-free hash of what raw keeps, but for the file they came from."""
    (acceptance,) = [each for each in accepted(home) if each.dataset == DATASET.name]
    columns = ", ".join(str(column.raw_name) for column in DATASET.raw_columns)
    found = duckdb.sql(
        f"select count(*), sum(hash({columns})) from read_parquet('{acceptance.content(home)}')"
    ).fetchone()
    assert found
    return found


def test_the_same_night_by_folder_and_by_query_is_the_same_in_raw(warehouse, tmp_path):
    assert warehouse.fetch(waits_for_files=False).is_whole
    assert warehouse.land()[FILE].status == "accepted"

    by_folder = dataclasses.replace(
        warehouse.settings, home=Home(tmp_path / "by-folder").create(), settle=dt.timedelta(0)
    )
    folder = by_folder.home.inbox / "310" / "health" / "2017-05-31"
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(as_a_file())
    assert land(by_folder)[FILE].status == "accepted"
    assert raw_content_hash(by_folder.home) == raw_content_hash(warehouse.settings.home)
    assert raw_content_hash(by_folder.home)[0] == len(ROWS)


def test_the_file_is_as_a_supplier_would_write_it_and_the_manifest_says_so(warehouse):
    began = dt.datetime.now(dt.UTC).replace(microsecond=0)
    warehouse.fetch(waits_for_files=False, coverage="full")
    content = (warehouse.folder / FILE).read_bytes()
    assert content == as_a_file()
    (file,) = warehouse.told().files
    assert (file.name, file.rows, file.coverage) == (FILE, 3, "full")
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    # The server's own clock is this machine's.
    assert began <= warehouse.told().generated_at <= dt.datetime.now(dt.UTC)
    assert warehouse.told().generated_at == file.generated_at


def test_what_was_asked_for_a_night_is_not_asked_again(warehouse, monkeypatch):
    warehouse.fetch(waits_for_files=False)
    before = landing._state(warehouse.folder)
    monkeypatch.delenv("AIRFLOW_CONN_CASE_SYSTEM")
    again = warehouse.fetch(waits_for_files=False)
    assert (again.problems, again.transferred) == ([], [])
    assert landing._state(warehouse.folder) == before
    # Another query is asked, and here there is nobody to ask.
    assert "no such connection" in warehouse.fetch(QUERY + " desc", waits_for_files=False).problems[0]


def test_a_large_answer_comes_in_chunks_through_one_repeatable_read(warehouse, database):
    query = (
        "select i::text as assessment_id, current_setting('transaction_isolation') as patient_id, "
        "current_setting('transaction_read_only') as child_id, 'IHA' as assessment_type, null::date as requested_on, "
        "null::date as due_on, null::date as seen_on, null as outcome, null as area, null::date as report_returned_on "
        "from generate_series(1, 25000) i"
    )
    with databases.connect("sql", "case_system", warehouse.settings.timezone) as reading:
        sizes = [len(list(chunk)) for chunk in reading.ask(query, NIGHT).chunks]
        # A query on the server does not bring its rows before they are asked for.
        cursors = reading.ask("select count(*) from pg_cursors", NIGHT)
        assert next(iter(next(iter(cursors.chunks))))[0] >= 1
    assert sizes == [10_000, 10_000, 5_000]
    assert warehouse.fetch(query, waits_for_files=False).is_whole
    lines = (warehouse.folder / FILE).read_text().splitlines()
    assert (len(lines), lines[-1]) == (25_001, "25000,repeatable read,on,IHA,,,,,,")


def test_queries_and_files_from_elsewhere_end_in_one_folder_with_one_manifest(warehouse, tmp_path):
    remote = tmp_path / "supplier" / "2017-05-31"
    remote.mkdir(parents=True)
    (remote / "patients.csv").write_bytes(PATIENTS)
    way = BESIDE.format(tmp_path)
    document = {
        "authority": "310", "source": "health", "extract_date": "2017-05-31",
        "generated_at": "2017-06-01T02:10:00Z", "files": [{"name": "patients.csv", "rows": 1}],
    }  # fmt: skip
    (remote / "_manifest.json").write_text(json.dumps(document))
    assert warehouse.fetch(more=way).is_whole
    told = warehouse.told()
    assert [file.name for file in told.files] == ["patients.csv", FILE]
    assert told.generated_at == dt.datetime(2017, 6, 1, 2, 10, tzinfo=dt.UTC)
    assert told.file(FILE).generated_at > told.generated_at
    landed = warehouse.land()[FILE]
    assert (landed.status, landed.generated_at) == ("accepted", told.file(FILE).generated_at.isoformat())

    assert warehouse.fetch(more=way).transferred == []


def test_files_of_the_inbox_are_waited_for_and_joined_and_nothing_of_them_is_lost(warehouse):
    found = warehouse.fetch()
    assert found.waits
    assert found.problems == ["the files that go with the queries are not all in the inbox yet"]
    assert not warehouse.folder.exists()

    warehouse.folder.mkdir()
    (warehouse.folder / "patients.csv").write_bytes(PATIENTS)
    (warehouse.folder / ".upload").write_bytes(b"still coming")
    document = {
        "authority": "310", "source": "health", "extract_date": "2017-05-31",
        "generated_at": "2017-06-01T02:10:00Z", "files": [{"name": "patients.csv", "rows": 1}],
    }  # fmt: skip
    (warehouse.folder / "_manifest.json").write_text(json.dumps(document))
    found = warehouse.fetch()
    assert (found.problems, found.transferred) == ([], []), "asked again, although it was asked before"
    assert [file.name for file in warehouse.told().files] == ["patients.csv", FILE]
    assert (warehouse.folder / "patients.csv").read_bytes() == PATIENTS
    assert (warehouse.folder / ".upload").read_bytes() == b"still coming"

    # A correction by the supplier, who knows nothing of the query.
    document["generated_at"] = "2017-06-02T09:00:00Z"
    (warehouse.folder / "patients.csv").write_bytes(PATIENTS + b"2\n")
    (warehouse.folder / "_manifest.json").write_text(json.dumps(document))
    assert warehouse.fetch().is_whole
    assert warehouse.told().generated_at.day == 2
    assert [file.name for file in warehouse.told().files] == ["patients.csv", FILE]
    before = landing._state(warehouse.folder)
    assert warehouse.fetch().is_whole
    assert landing._state(warehouse.folder) == before


def test_at_the_cut_off_the_query_comes_alone_and_the_files_join_it_later(warehouse, monkeypatch):
    found = warehouse.fetch(is_last_look=True)
    assert found.problems == ["the files that go with the queries are not all in the inbox yet"]
    assert [file.name for file in warehouse.told().files] == [FILE]
    (warehouse.folder / "patients.csv").write_bytes(PATIENTS)
    monkeypatch.setenv("WAREHOUSE_SETTLE_SECONDS", "3600")
    assert warehouse.fetch().waits, "a manifest of ours said that the files are complete"
    long_ago = dt.datetime(2017, 6, 1, tzinfo=dt.UTC).timestamp()
    os.utime(warehouse.folder / "patients.csv", (long_ago, long_ago))
    ways = warehouse.configure()
    fetching.fetch(Settings.from_environment(), ways, NIGHT + dt.timedelta(days=2), True)
    assert {file.name for file in warehouse.told().files} == {"patients.csv", FILE}


def test_a_query_that_fails_does_not_hold_the_files(warehouse, tmp_path):
    remote = tmp_path / "supplier" / "2017-05-31"
    remote.mkdir(parents=True)
    (remote / "patients.csv").write_bytes(PATIENTS)
    way = BESIDE.format(tmp_path)
    found = warehouse.fetch("select * from nowhere", more=way)
    assert not found.waits
    assert found.problems == [
        'sql case_system (health_assessments) failed (UndefinedTable 42P01: relation "nowhere" does not exist).'
    ]
    assert [file.name for file in warehouse.told().files] == ["patients.csv"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select assessment_id, patient_id as person from assessments", "column person is not known"),
        ("select assessment_id from assessments", "column patient_id, child_id, assessment_type, "),
        ("update assessments set area = 'in'", "failed (SyntaxError 42601"),
        (QUERY.replace("*", "*, 1 / 0 as x"), "failed (DivisionByZero 22012)."),
        (QUERY.replace("requested_on", "patient_id::date"), "failed (InvalidDatetimeFormat 22007)."),
    ],
)
def test_what_is_wrong_is_said_without_a_value_and_leaves_nothing(warehouse, query, said, capfd):
    found = warehouse.fetch(query, is_last_look=True, waits_for_files=False)
    assert said in found.problems[0]
    assert not found.waits
    assert not warehouse.folder.exists()
    logged = "".join(capfd.readouterr())
    assert not any(value in found.problems[0] + logged for value in ("P1", "2017-04-03", "completed"))


def test_a_row_that_cannot_be_written_leaves_no_half_file(warehouse):
    query = QUERY.replace("*", ", ".join([f"{COLUMNS[0]}::bytea as {COLUMNS[0]}", *COLUMNS[1:]]))
    found = warehouse.fetch(query, is_last_look=True, waits_for_files=False)
    assert "gives bytes in column assessment_id: make it text in the query" in found.problems[0]
    assert not list(warehouse.folder.parent.glob(".*/*.csv*"))


@pytest.mark.parametrize(
    ("change", "waits", "said"),
    [
        ({"host": "127.0.0.1", "port": 1}, True, "Connection refused"),
        ({"login": "nobody", "password": "a secret"}, False, 'role "nobody" does not exist'),
        ({"schema": "nowhere"}, False, 'database "nowhere" does not exist'),
        ({"conn_type": "mssql"}, False, "Airflow's provider for it is not installed"),
        ({"conn_type": "sftp", "host": "127.0.0.1"}, False, "the connection is not one to a database"),
    ],
)
def test_a_database_that_does_not_answer_is_named(warehouse, database, monkeypatch, change, waits, said):
    monkeypatch.setenv("AIRFLOW_CONN_CASE_SYSTEM", database.connection(**change))
    found = warehouse.fetch(waits_for_files=False)
    assert found.waits is waits
    assert said in found.problems[0]
    assert "a secret" not in found.problems[0]


def test_extras_of_the_connection_are_used(warehouse, database, monkeypatch):
    """An address for SQLAlchemy would leave them out, sslmode=require among them."""
    monkeypatch.setenv("AIRFLOW_CONN_CASE_SYSTEM", database.connection(extra={"application_name": "warehouse"}))
    with databases.connect("sql", "case_system", warehouse.settings.timezone) as reading:
        answer = reading.ask("select current_setting('application_name') as name", NIGHT)
        assert [next(iter(chunk))[0] for chunk in answer.chunks] == ["warehouse"]


def test_trying_a_query_reads_no_row(warehouse):
    warehouse.configure(QUERY.replace("*", "*, assessment_id::date as x"))
    said: list[str] = []
    assert not fetching.check(warehouse.settings, NIGHT, said.append)
    assert said[0].startswith("310 health FAILED: sql case_system (health_assessments): the query of ")
    assert "column x is not known" in said[0]
    query = QUERY.replace("order", "and assessment_id like 'A%' order") + " -- as the trust counts"
    warehouse.configure(query)
    assert fetching.check(warehouse.settings, NIGHT, said.append)
    assert said[1] == "310 health sql case_system (health_assessments): reached; its 10 columns fit."
    assert warehouse.fetch(query, waits_for_files=False).is_whole
    assert (warehouse.folder / FILE).read_bytes() == as_a_file()
