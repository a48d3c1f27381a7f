"""The declarations agree with each other, with the seeds, with the rules operators read and with real files."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import raw_schema
from childrens_warehouse.datasets import ALL, BY_NAME, Dataset, Kind, PersonalData, of_source
from childrens_warehouse.landing.formats import csv_file
from childrens_warehouse.reference import code_list
from childrens_warehouse.settings import PROJECT

SAMPLES = Path(os.environ.get("WAREHOUSE_SSDA903_SAMPLES") or "nowhere")

SSDA903 = {
    "header.csv", "episodes.csv", "reviews.csv", "uasc.csv", "oc2.csv", "oc3.csv", "ad1.csv",
    "placed_for_adoption.csv", "previous_permanence.csv", "missing.csv", "sw_episodes.csv", "DoLo.csv",
}  # fmt: skip
CSV_FILES = {
    "social_care": SSDA903 | {"persons.csv", "allocations.csv", "return_interviews.csv", "care_leavers.csv"},
    "health": {"patients.csv", "health_assessments.csv", "dental_checks.csv", "immunisations.csv", "sdq.csv"},
    "education": {
        "pupils.csv", "schools.csv", "enrolments.csv", "attendance.csv", "exclusions.csv", "peps.csv", "attainment.csv",
    },
}  # fmt: skip

each_dataset = pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.name)


@pytest.mark.parametrize("source", CSV_FILES)
def test_every_csv_file_a_source_delivers_is_declared_once(source: str):
    declared = [dataset.file for dataset in of_source(source) if dataset.file.endswith(".csv")]
    assert sorted(declared) == sorted(CSV_FILES[source])


@each_dataset
def test_every_code_list_is_in_the_seeds(dataset: Dataset):
    coded = [column for column in dataset.columns if column.kind in (Kind.CODE, Kind.CODES)]
    for column in coded:
        codes = code_list(str(column.code_list))
        assert len({code.code for code in codes}) == len(codes), column.code_list
    assert not [column.name for column in dataset.columns if column.code_list and column not in coded]


@each_dataset
def test_a_row_without_its_key_is_refused(dataset: Dataset):
    assert dataset.key
    assert [name for name in dataset.key if not dataset.column(name).required] == []


@each_dataset
def test_columns_that_are_named_exist(dataset: Dataset):
    for name in (*(dataset.spell or ()), *((dataset.judged_on,) if dataset.judged_on else ())):
        assert dataset.column(name).kind is Kind.DATE
    names = [name.lower() for column in dataset.columns for name in (column.name, *column.spellings)]
    assert len(names) == len(set(names))
    raw = [column.raw_name for column in dataset.raw_columns]
    raw += [column.name for column in dataset.derived_columns]
    assert len(raw) == len(set(raw)) and None not in raw


@each_dataset
def test_marks_are_rules_that_operators_can_read_about(dataset: Dataset):
    with (PROJECT / "expectations" / "rules.csv").open(newline="", encoding="utf-8") as handle:
        marks = {row["rule"] for row in csv.DictReader(handle) if row["level"] == "row" and row["severity"] == "marked"}
    assert {mark.rule for mark in dataset.marks} <= marks


@each_dataset
def test_identities_do_not_reach_raw(dataset: Dataset):
    for column in dataset.columns:
        if column.personal is PersonalData.NAME:
            assert not column.is_in_raw
        if column.identifier or column.personal is PersonalData.POSTCODE:
            assert column.raw_type == "BIGINT" and column.raw_name != column.name.lower()
        if column.personal is PersonalData.BIRTH_DATE:
            assert str(column.raw_name).endswith("_month")


def test_raw_can_be_made_of_them():
    connection = duckdb.connect()
    raw_schema.create_empty(connection)
    for dataset in ALL:
        described = connection.execute(f"describe raw.{dataset.name}").fetchall()
        assert [(name, kind) for name, kind, *_ in described] == raw_schema.typed_columns(dataset)


def test_every_seeded_code_is_valid_for_at_least_a_day():
    with (PROJECT / "seeds" / "code_list.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len({(row["list_name"], row["code"]) for row in rows}) == len(rows)
    assert not [row for row in rows if row["valid_from"] and row["valid_to"] and row["valid_from"] > row["valid_to"]]
    assert not [row for row in rows if not row["label"] or not row["source_document"]]


@pytest.mark.skipif(not (SAMPLES / "oc2.csv").exists(), reason="WAREHOUSE_SSDA903_SAMPLES names no folder")
@pytest.mark.parametrize("file", sorted(SSDA903))
def test_headers_of_a_return_made_by_others_are_accepted(file: str):
    (dataset,) = (dataset for dataset in BY_NAME.values() if dataset.file == file)
    header = csv_file.read_header(SAMPLES / file, dataset, 2018)
    assert len(header.cells) == len([column for column in dataset.columns if not column.optional])
    assert header.notes == ()
