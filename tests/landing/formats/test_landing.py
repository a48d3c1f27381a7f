"""Files of several lists go the whole way: each list is landed, or refused, by itself."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.landing.formats.test_cin_census import DETAILS, census_document, child
from tests.landing.formats.test_ssda903_xml import INVENTED, PARTS, as_xml
from tests.landing.formats.test_workbook import BORN, CONTACT, CONTACTS, Book

DAY, NEXT = "2017-05-31", "2017-06-01"


def without_row_counts(document: dict[str, Any]) -> None:
    for entry in document["files"]:
        entry.pop("rows")


def raw(supplier, dataset: str) -> list[dict[str, Any]]:
    """Every row raw holds of a dataset, newest file last."""
    files = sorted(str(path) for path in (supplier.home.raw / dataset).rglob("*.parquet"))
    with duckdb.connect() as connection:
        return connection.execute(f"from read_parquet({files}, union_by_name = true)").fetch_arrow_table().to_pylist()


def as_csv(part: str) -> str:
    rows = INVENTED[part]
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"


def workbook(tmp_path: Path, *contacts: list[Any], leave_out: str = "") -> bytes:
    book = Book()
    book.sheet("List 1", CONTACTS, *contacts)
    if leave_out:
        book.book.remove(book.book[leave_out])
    book.book.save(tmp_path / "annex_a.xlsx")
    return (tmp_path / "annex_a.xlsx").read_bytes()


@pytest.mark.slow
def test_the_return_lands_alike_from_csv_and_from_xml(supplier):
    coverage = "collection_year:2018"
    files = {dataset.file: as_csv(part) for part, dataset in PARTS.items()}
    supplier.deliver("social_care", DAY, files, coverage)
    first = supplier.land("social_care", DAY)
    supplier.deliver("social_care", NEXT, {"ssda903.xml": as_xml(INVENTED)}, coverage, manifest=without_row_counts)
    second = supplier.land("social_care", NEXT)
    for part, dataset in PARTS.items():
        rows = len(INVENTED[part])
        outcome = second[dataset.name]
        assert (first[dataset.file].status, first[dataset.file].rows_loaded) == ("accepted", rows), part
        assert (outcome.status, outcome.rows_loaded, outcome.rows_refused) == ("accepted", rows, 0), part
        difference = (outcome.rows_new, outcome.rows_changed, outcome.rows_withdrawn, outcome.rows_unchanged)
        assert difference == (0, 0, 0, rows), part


def test_a_workbook_lands_as_its_lists_with_codes_as_the_lists_spell_them(supplier, tmp_path):
    content = workbook(
        tmp_path, CONTACT,
        ["C2", "Female", "White - British", BORN, 6.7, "01/02/2017", "1B - a neighbour"],
        ["C3", "9", "REFU", BORN, "", "2017-02-03", "Police"],
        ["C4", "M", "Martian", BORN, "", "2017-02-03", "Police"],
        *[["C5", "M", "WBRI", BORN, "", f"2017-03-0{day}", "6"] for day in range(1, 9)],
    )  # fmt: skip
    supplier.deliver("social_care", DAY, {"annex_a.xlsx": content}, manifest=without_row_counts)
    outcomes = supplier.land("social_care", DAY)
    landed = outcomes.pop("annex_a_1_contacts")
    # Nothing but contacts is in it: a council may have no adopter, and never no child in care.
    assert len(outcomes) == 10
    assert {name for name, outcome in outcomes.items() if outcome.status == "accepted"} == {
        "annex_a_2_early_help", "annex_a_10_adoption", "annex_a_11_adopters",
    }  # fmt: skip
    assert outcomes["annex_a_8_children_in_care"].rule == "FILE-NO-ROWS"
    assert (landed.status, landed.rows_read, landed.rows_loaded) == ("accepted", 12, 11)
    assert landed.refusals == {"CODE-UNKNOWN": 1}
    rows = raw(supplier, "annex_a_1_contacts")
    assert [(row["gender"], row["ethnicity"], row["contact_source"]) for row in rows[:3]] == [
        ("M", "WBRI", "6"), ("F", "WBRI", "1B"), ("U", "REFU", "6"),
    ]  # fmt: skip
    assert {str(row["birth_month"]) for row in rows} == {"2010-05-01"}
    # An age to the minute is a date of birth.
    assert not [name for name in rows[0] if "age" in name]
    [quarantined] = supplier.home.root.glob("quarantine/**/annex_a.xlsx.annex_a_1_contacts.rows.csv")
    with quarantined.open(newline="") as handle:
        [refused] = csv.DictReader(handle)
    assert (refused["row"], refused["rule"], refused["column"]) == ("5", "CODE-UNKNOWN", "Ethnicity")
    assert "Martian" not in quarantined.read_text()


def test_a_list_that_is_missing_stays_as_it_was_known_and_the_others_land(supplier, tmp_path):
    supplier.deliver("social_care", DAY, {"annex_a.xlsx": workbook(tmp_path, CONTACT)}, manifest=without_row_counts)
    supplier.land("social_care", DAY)
    content = workbook(tmp_path, CONTACT, leave_out="List 1")
    supplier.deliver("social_care", NEXT, {"annex_a.xlsx": content}, manifest=without_row_counts)
    outcomes = supplier.land("social_care", NEXT)
    refused = outcomes.pop("annex_a_1_contacts")
    assert (refused.status, refused.rule) == ("refused", "WORKBOOK-SHEET")
    assert outcomes["annex_a_2_early_help"].status == "accepted"
    assert len(raw(supplier, "annex_a_1_contacts")) == 1


def test_unreadable_records_are_counted_and_told_apart(supplier):
    twice = DETAILS.replace("</ReferralSource>", "</ReferralSource><ReferralSource>2A</ReferralSource>")
    several = [child(DETAILS.format("")).replace("C1", f"C{number}") for number in range(2, 32)]
    document = census_document(child(twice.format("")), *several)
    supplier.deliver(
        "social_care", DAY, {"cin_census.xml": document}, "collection_year:2022", manifest=without_row_counts
    )
    outcomes = supplier.land("social_care", DAY)
    assert {outcome.status for outcome in outcomes.values()} == {"accepted"}
    details = outcomes["cin_details"]
    assert (details.rows_read, details.rows_loaded, details.refusals) == (31, 30, {"ROW-UNREADABLE": 1})
    assert {row["is_referral_without_action"] for row in raw(supplier, "cin_details")} == {"0"}
    assert outcomes["cin_child"].rows_loaded == 31


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("cin_census.xml", "<Message><Children><Child></Children></Message>", "XML-MALFORMED"),
        ("ssda903.xml", "<Message/>", "XML-ROOT"),
        ("annex_a.xlsx", "no workbook", "WORKBOOK-UNREADABLE"),
    ],
)
def test_a_file_that_cannot_be_opened_refuses_all_its_lists(supplier, name, content, rule):
    supplier.deliver("social_care", DAY, {name: content}, manifest=without_row_counts)
    outcomes = supplier.land("social_care", DAY)
    assert len(outcomes) >= 10
    assert {(outcome.status, outcome.rule) for outcome in outcomes.values()} == {("refused", rule)}


def test_a_census_of_another_authority_is_refused_whole(supplier):
    document = census_document(child(DETAILS.format(""))).replace("<LEA>310<", "<LEA>201<")
    supplier.deliver(
        "social_care", DAY, {"cin_census.xml": document}, "collection_year:2022", manifest=without_row_counts
    )
    outcomes = supplier.land("social_care", DAY)
    assert {(outcome.status, outcome.rule) for outcome in outcomes.values()} == {("refused", "FILE-OTHER-AUTHORITY")}
    assert not list(supplier.home.raw.rglob("*.parquet"))
