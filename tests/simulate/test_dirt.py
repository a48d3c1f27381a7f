"""The list of planted faults is true, and landing finds each of them and nothing else."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.landing import identifiers
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.reference import code_list
from childrens_warehouse.simulate import Planted, Scenario, planted_dirt, simulate_with_dirt
from childrens_warehouse.simulate.dirt import MARK_FAULTS, REFUSALS
from tests.conftest import Supplier
from tests.simulate.conftest import DIRTY, Extracts, day_of, manifest, sheet

KINDS = {
    ("ssda903_header", "UPN-CHECK-LETTER"), ("ssda903_header", "CODE-NOT-YET-VALID"),
    ("ssda903_episodes", "CELL-UNREADABLE"), ("ssda903_episodes", "CODE-UNKNOWN"),
    ("ssda903_episodes", "SPELL-REVERSED"), ("ssda903_episodes", "KEY-MISSING"),
    ("ssda903_episodes", "EPISODE-END-REASON"),
    ("ssda903_reviews", "KEY-DUPLICATE"), ("ssda903_reviews", None),
    ("ssda903_oc2", "SDQ-SCORE-RANGE"), ("ssda903_oc2", "INTERVENTION-UNFOUNDED"), ("ssda903_oc2", "CODE-UNKNOWN"),
    ("ssda903_oc3", "LEAVER-AGAINST-CONTACT"), ("ssda903_oc3", "CODE-UNKNOWN"),
    ("ssda903_ad1", "ADOPTION-DATES"), ("ssda903_ad1", "ADOPTERS-DISAGREE"),
    ("ssda903_placed_for_adoption", "PLACED-END-REASON"), ("ssda903_placed_for_adoption", "BEFORE-BIRTH"),
    ("ssda903_previous_permanence", "PERMANENCE-CONTRADICTED"),
    ("ssda903_missing", "SPELL-REVERSED"), ("ssda903_missing", "BEFORE-BIRTH"),
    ("persons", "BIRTH-DATE-MISSING"), ("persons", "DISABILITY-CONTRADICTED"), ("persons", "NHS-CHECK-DIGIT"),
    ("persons", "CODE-UNKNOWN"),
    ("allocations", "SPELL-REVERSED"), ("allocations", "KEY-MISSING"),
    ("return_interviews", "INTERVIEW-DATES"), ("return_interviews", "CELL-UNREADABLE"),
    ("care_leavers", "LEAVER-AGAINST-CONTACT"), ("care_leavers", "CODE-UNKNOWN"),
    ("patients", "NHS-CHECK-DIGIT"), ("patients", "CODE-UNKNOWN"),
    ("health_assessments", "CELL-MISSING"), ("health_assessments", "CODE-UNKNOWN"),
    ("health_assessments", "CELL-UNREADABLE"),
    ("dental_checks", "CODE-UNKNOWN"), ("dental_checks", "KEY-DUPLICATE"),
    ("immunisations", "CODE-UNKNOWN"), ("immunisations", "CELL-UNREADABLE"),
    ("sdq", "SDQ-SCORE-RANGE"), ("sdq", "SDQ-SCORE-AND-REASON"), ("sdq", "CELL-UNREADABLE"),
    ("pupils", "CELL-UNREADABLE"), ("pupils", "KEY-MISSING"),
    ("enrolments", "ROW-UNREADABLE"), ("enrolments", "KEY-DUPLICATE"),
    ("exclusions", "SUSPENSION-LENGTH"), ("exclusions", "CELL-MISSING"),
    ("peps", "PEP-SCHOOL-YEAR"), ("peps", "CELL-UNREADABLE"), ("peps", "CODE-UNKNOWN"),
    ("attainment", "CODE-UNKNOWN"), ("attainment", "KEY-MISSING"), ("attainment", "KEY-DUPLICATE"),
    ("annex_a_1_contacts", "CODE-UNKNOWN"), ("annex_a_1_contacts", "KEY-DUPLICATE"),
    ("annex_a_2_early_help", "CELL-UNREADABLE"), ("annex_a_3_referrals", "KEY-MISSING"),
    ("annex_a_4_assessments", "SPELL-REVERSED"), ("annex_a_6_children_in_need", "CODE-UNKNOWN"),
    ("annex_a_8_children_in_care", "CODE-UNKNOWN"), ("annex_a_9_care_leavers", "CODE-UNKNOWN"),
    *(("attendance", rule) for _, rule in MARK_FAULTS),
}  # fmt: skip


def test_a_clean_simulation_plants_nothing(clean: Extracts) -> None:
    assert clean.planted == ()


def test_every_kind_is_there_at_the_default_size(dirty: Extracts) -> None:
    assert {(fault.dataset, fault.rule) for fault in dirty.planted} == KINDS
    assert {fault.kind for fault in dirty.planted if fault.dataset == "attendance"} == {kind for kind, _ in MARK_FAULTS}


def test_the_list_can_be_had_without_the_files(dirty: Extracts) -> None:
    assert planted_dirt(DIRTY) == list(dirty.planted)


def test_no_row_is_spoilt_twice(dirty: Extracts) -> None:
    rows = Counter((fault.dataset, fault.extract_date, fault.row) for fault in dirty.planted)
    assert set(rows.values()) == {1}


@pytest.mark.parametrize("size", [(1, 10), (5, 40), (30, 120), (120, 600)], ids=str)
def test_refusals_stay_below_the_ceiling_at_every_size(size: tuple[int, int], tmp_path: Path) -> None:
    children, pupils = size
    scenario = Scenario(night=dt.date(2017, 5, 18), nights=2, children=children, pupils=pupils, attendance_days=3)
    simulation = simulate_with_dirt(tmp_path / "inbox", scenario)
    refused = Counter((fault.dataset, fault.extract_date) for fault in simulation.planted if fault.rule in REFUSALS)
    for (dataset, day), number in refused.items():
        declared = BY_NAME[dataset]
        folder = tmp_path / "inbox/310" / declared.source / day.isoformat()
        if declared.file:
            [rows] = [entry["rows"] for entry in manifest(folder)["files"] if entry["name"] == declared.file]
        else:
            rows = len(sheet(folder / "annex_a.xlsx", dataset)) - 1
        assert number <= 0.03 * rows


def test_each_planted_row_is_wrong_as_the_list_says(dirty: Extracts) -> None:
    """Read the rows of the list straight from the files, without landing."""
    assert dirty.planted
    for fault in dirty.planted:
        assert _is_wrong(fault, dirty.cells(fault.dataset, fault.extract_date)), fault


def _is_wrong(fault: Planted, file: list[list[str]]) -> bool:
    dataset = BY_NAME[fault.dataset]
    header, cells = file[0], file[fault.row - 1]
    row = dict(zip(header, cells, strict=False))
    places = [header.index(name) for name in dataset.key]
    key = [cells[place] for place in places]
    match fault.rule:
        case "ROW-UNREADABLE":
            return len(cells) != len(header)
        case "CELL-UNREADABLE":
            return any(not _can_be_read(fault.dataset, column.kind, row[column.name]) for column in dataset.columns)
        case "KEY-MISSING":
            return "" in key
        case "CELL-MISSING":
            return any(not row[column.name] for column in dataset.columns if column.required)
        case "CODE-UNKNOWN":
            return any(
                not {row[column.name], row[column.name][3:]}
                & {text for code in code_list(column.code_list) for text in (code.code, code.label)}
                for column in dataset.columns if column.code_list and row[column.name]
            )  # fmt: skip
        case "SPELL-REVERSED":
            start, end = (day_of(fault.dataset, row[name]) for name in dataset.spell or ())
            return bool(start and end and end < start)
        case "KEY-DUPLICATE":
            return any([further[place] for place in places] == key for further in file[fault.row :])
        case "CODE-WITHDRAWN" | "CODE-NOT-YET-VALID":
            day = day_of(fault.dataset, row["date"]) if fault.dataset == "attendance" else fault.extract_date
            return any(
                not (code.valid_from or day) <= day <= (code.valid_to or day)
                for column in dataset.columns if column.code_list
                for code in code_list(column.code_list) if code.code == row[column.name]
            )  # fmt: skip
        case "UPN-CHECK-LETTER":
            return not identifiers.is_valid("upn", row["UPN"])
        case "NHS-CHECK-DIGIT":
            return not identifiers.is_valid("nhs_number", row["nhs_number"])
        case "BEFORE-BIRTH":
            [start] = [row[name] for name in ("DATE_PLACED", "MIS_START", "DOLO_START") if name in row]
            return day_of(fault.dataset, start) < day_of(fault.dataset, row["DOB"])
        case rule if rule in CONTRADICTIONS:
            return CONTRADICTIONS[rule](row)
    if fault.kind == "blank mark":
        return row["mark"] == ""
    return fault.kind in ("orphan", "pupil not listed")


# What is odd about the row, told by its cells alone.
CONTRADICTIONS: dict[str | None, Callable[[dict[str, str]], bool]] = {
    "EPISODE-END-REASON": lambda row: bool(row["DEC"]) != bool(row["REC"]),
    "SDQ-SCORE-RANGE": lambda row: int(row.get("score") or row["SDQ_SCORE"]) > 40,
    "SDQ-SCORE-AND-REASON": lambda row: bool(row["score"] and row["reason_not_completed"]),
    "INTERVENTION-UNFOUNDED": lambda row: row["SUBSTANCE_MISUSE"] == "0" and row["INTERVENTION_RECEIVED"] == "1",
    "LEAVER-AGAINST-CONTACT": lambda row: "YES" in row.values() and "0" in (row.get("ACTIV"), row.get("activity")),
    "ADOPTION-DATES": lambda row: bool(row["DATE_MATCH"]) and not row["DATE_INT"],
    "ADOPTERS-DISAGREE": lambda row: row["NB_ADOPTR"] == "1" and row["SEX_ADOPTR"] in ("MF", "MM", "FF"),
    "PLACED-END-REASON": lambda row: bool(row["DATE_PLACED_CEASED"]) and not row["REASON_PLACED_CEASED"],
    "PERMANENCE-CONTRADICTED": lambda row: row["PREV_PERM"] == "Z1" and bool(row["LA_PERM"]),
    "SOCIAL-WORKER-ID": lambda row: not row["SW_ID"].startswith(("SW", "XX")),
    "BIRTH-DATE-MISSING": lambda row: not row["date_of_birth"],
    "DISABILITY-CONTRADICTED": lambda row: row["disability"].startswith("NONE;"),
    "INTERVIEW-DATES": lambda row: row["interviewed_at"] < row["returned_at"],
    "SUSPENSION-LENGTH": lambda row: int(row["sessions"]) > 90,
    "PEP-SCHOOL-YEAR": lambda row: f"{row['school_year']}-09" > row["meeting_on"],
}


def _can_be_read(dataset: str, kind: str, text: str) -> bool:
    readers: dict[str, Callable[[str], object]] = {
        "date": lambda text: day_of(dataset, text),
        "timestamp": lambda text: dt.datetime.strptime(text, "%Y-%m-%dT%H:%M"),
        "integer": int,
        "decimal": float,
    }
    try:
        if text and kind in readers:
            readers[kind](text)
    except ValueError:
        return False
    return True


def test_orphans_have_nobody_to_belong_to(dirty: Extracts) -> None:
    for fault in dirty.planted:
        if fault.kind == "orphan":
            header = {row["CHILD"] for row in dirty.rows("ssda903_header", fault.extract_date)}
            rows = dirty.rows("ssda903_reviews", fault.extract_date)
            assert [row["CHILD"] for row in rows if row["CHILD"] not in header] == [rows[fault.row - 2]["CHILD"]]
        if fault.kind == "pupil not listed":
            listed = {row["upn"] for row in dirty.rows("pupils", fault.extract_date)}
            upn = dirty.cells("attendance", fault.extract_date)[fault.row - 1][0]
            assert upn not in listed and identifiers.is_valid("upn", upn)


# What is spoilt in another way in later years, or is in later years only.
OF_LATER_YEARS = frozenset({"ssda903_header", "ssda903_sw_episodes", "ssda903_dolo", "patients", "attendance"})


@pytest.mark.parametrize(
    ("night", "datasets"), [(dt.date(2017, 5, 18), None), (dt.date(2026, 6, 2), OF_LATER_YEARS)], ids=["all", "later"]
)
def test_landing_finds_what_was_planted_and_nothing_else(
    supplier: Supplier, night: dt.date, datasets: frozenset[str] | None
) -> None:
    scenario = dataclasses.replace(DIRTY, night=night, nights=1, attendance_days=12, datasets=datasets)
    simulation = simulate_with_dirt(supplier.home.inbox, scenario)
    for folder in simulation.folders:
        outcomes = supplier.land(folder.parent.name, folder.name)
        assert {outcome.status for outcome in outcomes.values()} == {"accepted"}, outcomes

    expected = {
        (fault.dataset, str(fault.extract_date), fault.row, fault.rule) for fault in simulation.planted if fault.rule
    }
    # A repeated register mark says something else than the first.
    expected |= {
        (fault.dataset, str(fault.extract_date), fault.row, "KEY-CONFLICT")
        for fault in simulation.planted
        if (fault.dataset, fault.rule) == ("attendance", "KEY-DUPLICATE")
    }
    assert len(expected) > 20
    assert _found(supplier) == expected


def _found(supplier: Supplier) -> set[tuple[str, str, int, str]]:
    """Refusals from the quarantine and marks from raw: dataset, extract date, row, rule."""
    found = set()
    for path in supplier.home.quarantine.rglob("*.rows.csv"):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                found.add((row["dataset"], path.parent.name, int(row["row"]), row["rule"]))
    for each in accepted(supplier.home):
        marked = duckdb.execute(
            "select _source_row, _marks from read_parquet(?) where _marks is not null",
            [str(each.content(supplier.home))],
        ).fetchall()
        for row, marks in marked:
            found |= {(each.dataset, str(each.extract_date), row, mark) for mark in marks.split()}
    return found
