"""The search for canaries finds one wherever it may hide; else finding none would prove nothing."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
import zlib
from pathlib import Path

import duckdb
import pytest

from tests.nights.searching import Finding, Searcher

SEARCHER = Searcher(
    {
        "zqxaveline": "forename",
        "zqx7000001": "child id",
        "zq714xv": "postcode",
        "9753100017": "NHS number",
        "897700000012": "UPN",
        "2005-06-17": "date of birth",
    },
    calendars=frozenset({"dim_date"}),
)


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        ("Refused: Zqxaveline", "forename"),
        ("ZQXAVELINE", "forename"),
        ("child zqx7000001.", "child id"),
        ("at ZQ71 4XV", "postcode"),
        ("at zq714xv", "postcode"),
        ("975 310 0017", "NHS number"),
        ("975-310-0017", "NHS number"),
        ('{"nhs": 9753100017}', "NHS number"),
        ("A897700000012", "UPN"),
        ("[897700000012]", "UPN"),
        ("born 2005-06-17", "date of birth"),
        ("born 17/06/2005", "date of birth"),
        ("20050617", "date of birth"),
        ("2005-06-17T00:00:00", "date of birth"),
        ("17 June 2005", "date of birth"),
        ("17-Jun-2005", "date of birth"),
        ("datetime.date(2005, 6, 17)", "date of birth"),
        ("Zqxaveline".encode("utf-16"), "forename"),
        ("17/06/2005".encode("utf-16-be"), "date of birth"),
    ],
)
def test_every_spelling(text, canary):
    assert {each.canary for each in SEARCHER.in_text(text, "here")} == {canary}


@pytest.mark.parametrize(
    "text",
    [
        "Zqx",
        "zqxothername",
        "zq994xv",
        "19753100017",
        "97531000170",
        "1897700000012",
        "2005-06-18",
        "120050617",
        "0.20050617",
    ],
)
def test_nothing_else(text):
    assert SEARCHER.in_text(text, "here") == set()


def parquet(path: Path) -> None:
    duckdb.execute(
        f"copy (select 'Zqxaveline' as text from range(2000)) to '{path}' (format parquet, compression zstd)"
    )


def duckdb_table(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core; create table core.child as select 9753100017 as number")


def duckdb_comment(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table child (a int); comment on table child is 'of Zqxaveline'")


def duckdb_log(path: Path) -> None:
    """A database whose changes are in its log still, as a killed process leaves it."""
    connection = duckdb.connect(str(path), config={"checkpoint_threshold": "1GB"})
    connection.execute("pragma disable_checkpoint_on_shutdown; create table child as select date '2005-06-17' as born")
    connection.close()


def sqlite_text(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table xcom (value text)")
        connection.execute("insert into xcom values (?)", (json.dumps({"reason": "Zqxaveline"}),))


def sqlite_packed(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table dag (data blob)")
        connection.execute("insert into dag values (?)", (zlib.compress(b"Zqxaveline" * 50),))


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress(b"Zqxaveline" * 50))


def workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet1.xml", "<v>Zqxaveline</v>" * 50)


def page(path: Path) -> None:
    path.write_text("<td>Zqxaveline</td>")


ARTEFACTS = {
    "raw/a.parquet": (parquet, "raw/a.parquet.text: forename"),
    "build/candidate.duckdb": (duckdb_table, "build/candidate.duckdb core.child.number: NHS number"),
    "build/commented.duckdb": (duckdb_comment, "build/commented.duckdb tables.comment: forename"),
    "build/killed.duckdb": (duckdb_log, "build/killed.duckdb main.child.born: date of birth"),
    "ledger.sqlite": (sqlite_text, "ledger.sqlite xcom.value: forename"),
    "airflow/airflow.db": (sqlite_packed, "airflow/airflow.db dag.data: forename"),
    "logs/old.gz": (packed, "logs/old.gz (unpacked): forename"),
    "published/a.xlsx": (workbook, "published/a.xlsx (sheet1.xml): forename"),
    "published/a.html": (page, "published/a.html: forename"),
    "quarantine/Zqxaveline.pdf.json": (Path.touch, "the name of quarantine/Zqxaveline.pdf.json: forename"),
}


@pytest.mark.parametrize("name", ARTEFACTS)
def test_every_kind_of_artefact(tmp_path, name):
    make, expected = ARTEFACTS[name]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    make(tmp_path / name)
    assert expected in {str(each) for each in SEARCHER.in_tree(tmp_path)}
    assert SEARCHER.in_tree(tmp_path, allowed=frozenset({name.split("/")[0]})) == set()


def test_a_calendar_has_every_day_and_no_more(tmp_path):
    duckdb.execute(f"copy (select date '2005-06-17' as day, 'Zqxaveline' as a) to '{tmp_path / 'dim_date.parquet'}'")
    found = SEARCHER.in_tree(tmp_path)
    assert Finding("dim_date.parquet.a", "forename") in found
    assert "date of birth" not in {each.canary for each in found}
