"""Forty deliveries that go wrong: what the operator reads, where file and row went, and that what stood still stands.

Numbered as docs/deliveries-that-go-wrong.md lists them. "Stands" is judged by the fingerprint of all that is in
force: a build on it makes what was published again.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import os
import zipfile
from types import SimpleNamespace

import duckdb
import pytest

from childrens_warehouse.build.volumes import compare_files
from childrens_warehouse.landing import night as landing
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.settings import Settings
from tests.landing.formats.test_cin_census import DETAILS, census_document, child
from tests.landing.formats.test_workbook import CONTACT, CONTACTS, Book

DAY, BEFORE = "2017-05-31", "2017-05-30"
NIGHT = dt.date.fromisoformat(DAY)
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
GOOD = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41))
BETTER = GOOD + "41,1,05/06/2005,WBRI,UN3,,\n"
SCHOOLS = "urn,name,phase,la_code,postcode,opened_on,closed_on\n"


class Desk:
    """What an operator sees of a night of social care."""

    def __init__(self, supplier) -> None:
        self.supplier = supplier
        self.home = supplier.home
        supplier.deliver("social_care", BEFORE, {"header.csv": GOOD})
        assert supplier.land("social_care", BEFORE)["header.csv"].status == "accepted"
        self.stood = self.fingerprint

    @property
    def fingerprint(self) -> str:
        return in_force(self.supplier.settings).fingerprint

    def deliver(self, content: str | bytes, name: str = "header.csv", **told) -> landing.Outcome:
        self.supplier.deliver("social_care", DAY, {name: content}, **told)
        return self.supplier.land("social_care", DAY)[name]

    def refusal(self, name: str = "header.csv") -> dict[str, str]:
        return json.loads((self.quarantine / f"{name}.refused.json").read_text())

    @property
    def quarantine(self):
        return self.home.quarantine / "310" / "social_care" / DAY

    def rows_set_aside(self, name: str = "header.csv") -> list[tuple[int, str, str]]:
        with (self.quarantine / f"{name}.rows.csv").open(newline="") as handle:
            return [(int(row["row"]), row["rule"], row["column"]) for row in csv.DictReader(handle)]

    def events(self, **wanted: str) -> list[dict[str, object]]:
        where = " and ".join(f"{column} = ?" for column in wanted)
        return Ledger(self.home.ledger).query(f"select * from file_event where {where}", tuple(wanted.values()))

    def raw(self, query: str) -> list[tuple[object, ...]]:
        """A query over the newest content of the header in force, named `content`."""
        (extract,) = [each for each in in_force(self.supplier.settings).extracts if each.extract_date == NIGHT]
        connection = duckdb.connect()
        connection.execute(f"create view content as select * from read_parquet('{extract.content(self.home)}')")
        return connection.execute(query).fetchall()

    def must_be_refused(self, outcome: landing.Outcome, rule: str, *words: str) -> None:
        """Refused whole, said why and what to do, kept in the archive, and nothing that stood was touched."""
        assert (outcome.status, outcome.rule) == ("refused", rule), outcome.reason
        told = self.refusal(outcome.file_name)
        assert told["rule"] == rule and told["what_to_do"]
        for word in words:
            assert word in told["reason"], told["reason"]
        if told["archived_as"]:
            delivered = self.home.inbox / "310" / "social_care" / DAY / outcome.file_name
            assert (self.home.root / told["archived_as"]).read_bytes() == delivered.read_bytes()
        assert outcome.rows_read == outcome.rows_loaded + outcome.rows_refused
        assert self.fingerprint == self.stood


@pytest.fixture
def desk(supplier) -> Desk:
    return Desk(supplier)


def test_01_the_folder_is_missing(desk):
    settings = desk.supplier.settings
    assert not landing.is_complete(settings, "310", "social_care", NIGHT)
    assert landing.expect(settings, "social_care", NIGHT, "310", "run") == []
    closed = landing.close(settings, "social_care", NIGHT, "run", late=["310"])
    assert closed.late == ("310",) and closed.as_of == {"310": BEFORE}
    assert desk.fingerprint == desk.stood


def test_02_the_folder_is_half_written(desk):
    (desk.supplier.folder("social_care", DAY) / "header.csv").write_text(BETTER)
    assert not landing.is_complete(desk.supplier.settings, "310", "social_care", NIGHT)
    assert desk.supplier.land("social_care", DAY) == {}
    assert desk.fingerprint == desk.stood


def test_03_the_manifest_is_missing(desk):
    path = desk.supplier.folder("social_care", DAY) / "header.csv"
    path.write_text(BETTER)
    an_hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    outcome = desk.supplier.land("social_care", DAY)["header.csv"]
    assert (outcome.status, outcome.rows_loaded, outcome.rows_new) == ("accepted", 41, 1)
    assert "without a manifest" in outcome.notes
    assert outcome.scope == "collection_year:2018"


def test_04_the_hash_is_not_the_manifests(desk):
    outcome = desk.deliver(BETTER, manifest=lambda m: m["files"][0].update(sha256="0" * 64))
    desk.must_be_refused(outcome, "FILE-HASH", "manifest says SHA-256 000000000000…", "cut short on the way")


def test_05_the_row_count_is_not_the_manifests(desk):
    outcome = desk.deliver(BETTER, manifest=lambda m: m["files"][0].update(rows=42))
    desk.must_be_refused(outcome, "FILE-ROWS", "says 42 rows, the file has 41")


def test_06_a_file_of_the_manifest_is_absent(desk):
    desk.supplier.deliver("social_care", DAY, {"header.csv": BETTER})
    (desk.supplier.folder("social_care", DAY) / "header.csv").unlink()
    outcome = desk.supplier.land("social_care", DAY)["header.csv"]
    desk.must_be_refused(outcome, "FILE-MISSING", "not in the folder")


def test_07_a_file_is_not_in_the_manifest(desk):
    folder = desk.supplier.deliver("social_care", DAY, {"uasc.csv": "CHILD,SEX,DOB,DUC\n1,1,05/06/2005,\n"})
    (folder / "header.csv").write_text(BETTER)
    assert "header.csv" not in desk.supplier.land("social_care", DAY)
    assert desk.refusal()["rule"] == "FILE-NOT-IN-MANIFEST"
    assert [each.extract_date.isoformat() for each in in_force(desk.supplier.settings).extracts
            if each.dataset == "ssda903_header"] == [BEFORE]  # fmt: skip


def test_08_the_file_is_empty(desk):
    desk.must_be_refused(desk.deliver(b""), "FILE-EMPTY", "no bytes")


def test_09_a_header_without_rows(desk):
    desk.must_be_refused(desk.deliver(HEADER), "FILE-NO-ROWS", "would withdraw everything")


def test_10_rows_without_a_header(desk):
    desk.must_be_refused(desk.deliver(BETTER.removeprefix(HEADER)), "FILE-HEADER", "not a header")


def test_11_a_column_was_added(desk):
    wider = HEADER.replace("MC_DOB", "MC_DOB,COLOUR") + BETTER.removeprefix(HEADER).replace(",,\n", ",,,x\n")
    outcome = desk.deliver(wider)
    assert (outcome.status, outcome.rows_new) == ("accepted", 1)
    assert "column COLOUR is not declared: not loaded, kept in the archive" in outcome.notes
    assert outcome.columns[-1] == "COLOUR"
    [event] = desk.events(extract_date=DAY, status="accepted")
    assert json.loads(event["columns"]) == outcome.columns


def test_12_a_column_was_removed(desk):
    narrower = "\n".join(line.rsplit(",", 1)[0] for line in BETTER.splitlines()) + "\n"
    desk.must_be_refused(desk.deliver(narrower), "FILE-COLUMNS", "column MC_DOB is missing", "Expected: CHILD, SEX")


def test_13_a_column_was_renamed(desk):
    outcome = desk.deliver(BETTER.replace("ETHNIC", "ETHNICITY"))
    desk.must_be_refused(outcome, "FILE-COLUMNS", "column ETHNIC is missing (renamed to ETHNICITY?)")


def test_14_columns_come_in_another_order(desk):
    turned = "\n".join(",".join(reversed(line.split(","))) for line in BETTER.splitlines()) + "\n"
    outcome = desk.deliver(turned)
    assert (outcome.status, outcome.rows_new, outcome.rows_unchanged) == ("accepted", 1, 40)
    assert "another order" in outcome.notes


def test_15_a_column_changed_its_type(desk):
    outcome = desk.deliver(BETTER.replace("05/06/2005", "38508"))
    desk.must_be_refused(
        outcome, "FILE-RETYPED", "column DOB cannot be read as date in 41 of 41 rows", "a number, as spreadsheets"
    )
    assert "38508" not in outcome.reason


def test_16_utf_8_with_a_byte_order_mark(desk):
    outcome = desk.deliver(b"\xef\xbb\xbf" + BETTER.encode())
    assert (outcome.status, outcome.rows_loaded, outcome.notes) == ("accepted", 41, None)


def test_17_utf_16(desk):
    outcome = desk.deliver(BETTER.encode("utf-16"))
    assert (outcome.status, outcome.rows_loaded) == ("accepted", 41)
    assert "read as utf-16" in outcome.notes


def test_18_windows_1252_with_accents(desk, monkeypatch):
    schools = SCHOOLS + "100001,École,primary,310,HA1 1AA,,\n"
    desk.supplier.deliver("education", DAY, {"schools.csv": schools.encode("cp1252")})
    outcome = desk.supplier.land("education", DAY)["schools.csv"]
    assert (outcome.status, outcome.rule) == ("refused", "FILE-ENCODING")
    assert "byte 0xC9 in line 2" in outcome.reason and "WAREHOUSE_ENCODINGS=utf-8,windows-1252" in outcome.reason
    assert desk.fingerprint == desk.stood

    monkeypatch.setenv("WAREHOUSE_ENCODINGS", "utf-8,windows-1252")
    desk.supplier.settings = Settings.from_environment()
    outcome = desk.supplier.land("education", DAY)["schools.csv"]
    assert outcome.status == "accepted" and "windows-1252" in outcome.notes
    [name] = duckdb.execute(
        f"select school_name from '{next(desk.home.raw.glob('schools/310/content/*.parquet'))}'"
    ).fetchone()
    assert name == "École"


def test_19_semicolons(desk):
    desk.must_be_refused(desk.deliver(BETTER.replace(",", ";")), "FILE-SEPARATOR", "separated by semicolons")


def test_20_quotes_are_not_balanced(desk):
    outcome = desk.deliver(GOOD + '41,"1,05/06/2005,WBRI,UN3,,\n42,1,05/06/2005,WBRI,UN3,,\n')
    desk.must_be_refused(outcome, "FILE-QUOTES", "quotation mark opened in row 42 is never closed")


def test_21_a_line_break_inside_a_field(desk):
    content = (
        SCHOOLS
        + '100001,"Two\nlines",primary,310,HA1 1AA,,\n100002,One,sixth,310,HA1 1AA,,\n'
        + "".join(f"{urn},One,primary,310,HA1 1AA,,\n" for urn in range(100003, 100040))
    )
    desk.supplier.deliver("education", DAY, {"schools.csv": content}, manifest=lambda m: m["files"][0].update(rows=39))
    outcome = desk.supplier.land("education", DAY)["schools.csv"]
    assert (outcome.status, outcome.rows_read, outcome.rows_refused) == ("accepted", 39, 1)
    path = desk.home.quarantine / "310" / "education" / DAY / "schools.csv.rows.csv"
    assert [row["row"] for row in csv.DictReader(path.open(newline=""))] == ["3"]  # a row is a row, however many lines


def test_22_the_last_line_is_cut_short(desk):
    cut = BETTER[: BETTER.rindex(",WBRI")]
    outcome = desk.deliver(cut, manifest=lambda m: m["files"][0].pop("sha256") and None)
    desk.must_be_refused(outcome, "FILE-TRUNCATED", "the last row (42) is incomplete", "cut short")


@pytest.mark.parametrize("ending", [".gz", ".zip"])
def test_23_a_compressed_file_is_cut_short(desk, ending):
    packed = io.BytesIO()
    if ending == ".gz":
        packed.write(gzip.compress(BETTER.encode()))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("header.csv", BETTER)
    name = f"header.csv{ending}"
    whole, no_rows = packed.getvalue(), (lambda m: m["files"][0].pop("rows") and None)
    outcome = desk.deliver(whole[: len(whole) // 2], name, manifest=no_rows)
    desk.must_be_refused(outcome, "FILE-PACKED", "cut short, damaged")

    outcome = desk.deliver(whole, name, manifest=no_rows, generated_at="2017-06-02T00:00:00Z")
    assert (outcome.status, outcome.rows_loaded, outcome.rows_new) == ("accepted", 41, 1)


def lists(desk: Desk, name: str, content: str | bytes, coverage: str | None = None) -> dict[str, landing.Outcome]:
    """Outcomes by dataset of a file that bears several lists."""
    desk.supplier.deliver(
        "social_care", DAY, {name: content}, coverage, manifest=lambda m: m["files"][0].pop("rows") and None
    )
    return desk.supplier.land("social_care", DAY)


def must_refuse_every_list(desk: Desk, name: str, outcomes: dict[str, landing.Outcome], rule: str, word: str) -> None:
    assert len(outcomes) > 5 and {(each.status, each.rule) for each in outcomes.values()} == {("refused", rule)}
    told = desk.refusal(name)
    assert word in told["reason"] and told["what_to_do"]
    assert desk.fingerprint == desk.stood


def test_24_xml_that_is_not_well_formed(desk):
    broken = census_document(child(DETAILS.format(""))).replace("</CINdetails>", "")
    outcomes = lists(desk, "cin_census.xml", broken, "collection_year:2022")
    must_refuse_every_list(desk, "cin_census.xml", outcomes, "XML-MALFORMED", "line")


def test_25_xml_against_the_wrong_years_format(desk):
    of_2024 = census_document(child(DETAILS.format(""))).replace("GenderCurrent", "Sex")
    outcomes = lists(desk, "cin_census.xml", of_2024, "collection_year:2022")
    must_refuse_every_list(desk, "cin_census.xml", outcomes, "XML-YEAR", "element Sex in line")


def test_26_a_workbook_with_merged_header_cells(desk, tmp_path):
    book = Book()
    sheet = book.sheet("List 1", [*CONTACTS, None], [*CONTACT[:6], "6", "Police"])
    sheet.merge_cells("G1:H1")
    book.book.save(tmp_path / "annex_a.xlsx")
    outcomes = lists(desk, "annex_a.xlsx", (tmp_path / "annex_a.xlsx").read_bytes())
    merged = outcomes.pop("annex_a_1_contacts")
    assert (merged.status, merged.rule) == ("refused", "WORKBOOK-MERGED") and "columns G to H" in merged.reason
    assert {each.rule for each in outcomes.values()} == {None, "FILE-NO-ROWS"}  # the made-up book fills one list
    assert desk.refusal("annex_a.xlsx.annex_a_1_contacts")["dataset"] == "annex_a_1_contacts"


def test_27_a_workbook_with_a_sheet_missing(desk, tmp_path):
    book = Book()
    book.book.remove(book.book["List 9"])
    book.book.save(tmp_path / "annex_a.xlsx")
    outcomes = lists(desk, "annex_a.xlsx", (tmp_path / "annex_a.xlsx").read_bytes())
    missing = [name for name, each in outcomes.items() if each.rule == "WORKBOOK-SHEET"]
    assert missing == ["annex_a_9_care_leavers"] and len(outcomes) == 11
    assert outcomes["annex_a_2_early_help"].status == "accepted"


def test_28_blank_child_ids(desk):
    outcome = desk.deliver(BETTER.replace("\n7,", "\n,").replace("\n8,", "\n  ,"))
    assert (outcome.status, outcome.rows_refused) == ("accepted", 2)
    assert desk.rows_set_aside() == [(8, "KEY-MISSING", "CHILD"), (9, "KEY-MISSING", "CHILD")]


def test_29_equal_rows_with_one_key(desk):
    outcome = desk.deliver(BETTER + "41,1,05/06/2005,WBRI,UN3,,\n")
    assert outcome.rows_loaded == 42 and outcome.marks == {"KEY-DUPLICATE": 1}
    assert outcome.rows_new == 1


def test_30_different_rows_with_one_key(desk):
    outcome = desk.deliver(BETTER + "41,2,05/06/2005,WBRI,UN3,,\n")
    assert outcome.rows_loaded == 42 and outcome.marks == {"KEY-DUPLICATE": 1, "KEY-CONFLICT": 1}
    kept = desk.raw("select sex, _marks from content where _source_row >= 42 order by _source_row")
    assert kept == [("1", "KEY-DUPLICATE KEY-CONFLICT"), ("2", None)]


def test_31_an_unknown_code(desk):
    outcome = desk.deliver(BETTER.replace("WBRI", "WXYZ", 1))
    assert (outcome.status, outcome.refusals) == ("accepted", {"CODE-UNKNOWN": 1})
    assert desk.rows_set_aside() == [(2, "CODE-UNKNOWN", "ETHNIC")]
    assert "WXYZ" not in (desk.quarantine / "header.csv.rows.csv").read_text()


def test_32_a_withdrawn_code(desk):
    desk.supplier.deliver("social_care", "2024-05-31", {"header.csv": BETTER})  # SEX 1 ended with year 2024
    outcome = desk.supplier.land("social_care", "2024-05-31")["header.csv"]
    assert (outcome.rows_loaded, outcome.rows_refused, outcome.marks) == (41, 0, {"CODE-WITHDRAWN": 41})


def test_33_a_code_that_is_not_valid_yet(desk):
    outcome = desk.deliver(BETTER.replace("41,1,", "41,F,"))
    assert (outcome.rows_loaded, outcome.marks) == (41, {"CODE-NOT-YET-VALID": 1})


def test_34_the_29th_of_february_of_a_common_year(desk):
    outcome = desk.deliver(BETTER.replace("41,1,05/06/2005", "41,1,29/02/2005"))
    assert outcome.rows_refused == 1 and desk.rows_set_aside() == [(42, "CELL-UNREADABLE", "DOB")]
    assert "a day no calendar has" in (desk.quarantine / "header.csv.rows.csv").read_text()


def test_35_two_digit_years(desk):
    outcome = desk.deliver(BETTER.replace("/2005", "/05"))
    desk.must_be_refused(outcome, "FILE-RETYPED", "41 of 41 rows", "a two-digit year")


def test_36_american_dates(desk):
    days = [f"{month:02}/{day:02}/2005" for month in (1, 2, 3) for day in range(1, 29)][:41]
    lines = [line.replace("05/06/2005", day) for line, day in zip(BETTER.splitlines()[1:], days, strict=True)]
    outcome = desk.deliver(HEADER + "\n".join(lines) + "\n")
    # Twelve days of each month could be either; the others show what they all are.
    desk.must_be_refused(outcome, "ROWS-CEILING", "CELL-UNREADABLE in DOB, month before day")


def test_37_the_same_night_again(desk):
    assert desk.deliver(BETTER).status == "accepted"
    stands = desk.fingerprint
    again = desk.deliver(BETTER, generated_at="2017-06-01T05:00:00Z")
    assert (again.status, again.rows_unchanged, again.rows_new) == ("unchanged", 41, 0)
    assert desk.fingerprint == stands
    assert len(list(desk.home.raw.glob("ssda903_header/310/content/*.parquet"))) == 2


def test_38_the_same_content_under_another_date(desk):
    outcome = desk.deliver(GOOD)
    assert (outcome.status, outcome.rows_unchanged) == ("unchanged", 40)
    assert outcome.notes == f"same content as {BEFORE}"


def test_38_the_same_content_under_another_name(desk):
    desk.supplier.deliver("social_care", DAY, {"header (1).csv": BETTER})
    assert desk.supplier.land("social_care", DAY) == {}
    [event] = desk.events(extract_date=DAY, status="unexpected")
    assert (event["file_name"], event["rule"]) == ("header (1).csv", "FILE-UNEXPECTED")
    assert desk.fingerprint == desk.stood


def test_39_last_years_return_after_this_years(desk):
    late = GOOD.replace("\n1,", "\n901,")
    desk.supplier.deliver("social_care", "2017-03-31", {"header.csv": late}, generated_at="2017-07-01T00:00:00Z")
    outcome = desk.supplier.land("social_care", DAY)["header.csv"]
    assert (outcome.status, outcome.scope) == ("accepted", "collection_year:2017")
    assert outcome.rows_withdrawn == 0
    assert {each.scope for each in in_force(desk.supplier.settings).extracts} == {
        "collection_year:2017", "collection_year:2018",
    }  # fmt: skip


@pytest.mark.parametrize(("rows", "rule"), [(400, "PUB-FILE-TENFOLD"), (4, "PUB-FILE-TENTH"), (44, None)])
def test_40_a_file_ten_times_or_a_tenth_of_its_usual_size(desk, rows, rule):
    force = in_force(desk.supplier.settings)
    release = SimpleNamespace(
        files=[
            {
                "authority_code": each.authority, "dataset": each.dataset, "scope": each.scope,
                "source_file": each.file_id, "rows_in_force": each.rows_loaded,
            }
            for each in force.extracts
        ]
    )  # fmt: skip
    # Arrival judges a file by itself: it is accepted. Whether it may be published is for a person to say.
    lines = "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, rows + 1))
    assert desk.deliver(HEADER + lines).status == "accepted"
    connection = duckdb.connect()
    create_raw_schema(connection, desk.supplier.settings, in_force(desk.supplier.settings), [])
    held = [result.rule for _, result in compare_files(connection, release) if not result.success]
    assert held == ([rule] if rule else [])
