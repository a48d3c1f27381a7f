"""Codes as councils spell them: as they are, by their label, or as `seeds/code_spelling.csv` says."""

from __future__ import annotations

import csv
import datetime as dt

import duckdb
import pytest

from childrens_warehouse.datasets import Coverage, Dataset, Source
from childrens_warehouse.datasets.declaration import code, text
from childrens_warehouse.landing import rows
from childrens_warehouse.landing.formats.part_writer import PartWriter
from childrens_warehouse.reference import code_list, plain, spellings
from childrens_warehouse.settings import PROJECT

with (PROJECT / "seeds" / "code_spelling.csv").open(newline="", encoding="utf-8") as seed:
    SEEDED = list(csv.DictReader(seed))


def judged(list_name: str, cells: list[str], folder) -> list[str]:
    """The code of each cell, or the rule that refuses it."""
    dataset = Dataset(
        name="made", source=Source.HEALTH, file="made.csv", title="Made", grain="One row per id.",
        columns=(text("id", "Id.", required=True), code("cell", "Cell.", list_name)), key=("id",),
        coverage=Coverage.FULL, owner="Nobody",
    )  # fmt: skip
    writer = PartWriter(folder / "cells.parquet", ("id", "cell"))
    for number, cell in enumerate(cells, start=1):
        writer.add((number, str(number), cell))
    connection = duckdb.connect()
    period = rows.period(dataset, "full", dt.date(2018, 3, 31))
    rows.create_judged(connection, dataset, writer.close(), period, folder)
    found = connection.execute(
        "select case when _refusal is null then cell else split_part(_refusal, ':', 1) end from judged "
        "order by _source_row"
    ).fetchall()
    return [value for (value,) in found]


@pytest.mark.parametrize(
    ("list_name", "cell", "expected"),
    [
        ("ETHNIC", "WBRI", "WBRI"),
        ("ETHNIC", "wbri", "WBRI"),
        ("ETHNIC", "a) WBRI", "WBRI"),
        ("ETHNIC", "White British", "WBRI"),
        ("ETHNIC", "WHITE - BRITISH", "WBRI"),
        ("ETHNIC", "WBRI - White British", "WBRI"),
        ("ETHNIC", "WBRI: anything at all", "WBRI"),
        ("ETHNIC", "White British (WBRI)", "WBRI"),
        ("ETHNIC", "WBR1", "CODE-UNKNOWN"),
        ("ETHNIC", "White", "CODE-UNKNOWN"),
        ("ANNEX_A_GENDER", "a) Male", "M"),
        ("ANNEX_A_GENDER", "2", "F"),
        ("ANNEX_A_GENDER", "2.0", "F"),
        ("ANNEX_A_GENDER", "c) Not stated/recorded (or unborn)", "U"),
        ("YES_NO", "b) No", "N"),
        ("YES_NO", "true", "Y"),
        ("YES_NO", "1", "Y"),
        ("YES_NO", "perhaps", "CODE-UNKNOWN"),
        ("FLAG", "false", "0"),
        ("FLAG", "Yes", "1"),
        ("CIN_REFERRAL_SOURCE", "q) 6: Police", "6"),
        ("CIN_REFERRAL_SOURCE", "j) 3D: Health services", "3D"),
        ("CIN_PRIMARY_NEED", "N1 \u2013 Abuse or neglect", "N1"),
        ("LS", "C2: FCO", "C2"),
        ("PLACE", "f) U6: Foster placement - not FFA", "U6"),
        ("REC", "k) E47: Special guardianship", "E47"),
        # Two codes bear this label, one after the other: it is none of them.
        ("SEX", "Male", "CODE-UNKNOWN"),
    ],
)
def test_a_cell_is_the_code_it_means(list_name, cell, expected, tmp_path):
    assert judged(list_name, [cell], tmp_path) == [expected]


def test_every_spelling_means_its_code_in_sql_as_in_python(tmp_path):
    for list_name in sorted({row["list_name"] for row in SEEDED}):
        known = [(row["spelling"], row["code"]) for row in SEEDED if row["list_name"] == list_name]
        known += [(each.label, spellings(list_name)[plain(each.label)]) for each in code_list(list_name)
                  if plain(each.label) in spellings(list_name)]  # fmt: skip
        found = judged(list_name, [spelling for spelling, _ in known], tmp_path)
        assert found == [meant for _, meant in known], list_name


def test_the_seeded_spellings_are_of_codes_that_exist_and_say_nothing_twice():
    assert {(row["list_name"], row["code"]) for row in SEEDED} <= {
        (list_name, each.code) for list_name in {row["list_name"] for row in SEEDED} for each in code_list(list_name)
    }
    told = [(row["list_name"], plain(row["spelling"])) for row in SEEDED]
    assert len(set(told)) == len(told)
    # A spelling of one code must not be another code itself.
    codes = {(row["list_name"], plain(each.code)): each.code for row in SEEDED for each in code_list(row["list_name"])}
    assert not [row for row in SEEDED
                if codes.get((row["list_name"], plain(row["spelling"])), row["code"]) != row["code"]]  # fmt: skip
