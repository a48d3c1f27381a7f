"""More of what can be wrong with a delivery than the forty of test_forty_deliveries.py."""

from __future__ import annotations

import csv
import json

import pytest

from childrens_warehouse.datasets import BY_NAME, of_source
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw.in_force import in_force

UASC = "CHILD,SEX,DOB,DUC\n"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
GOOD = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41))
DAY = "2017-05-31"


def refusal(supplier, source: str, file_name: str) -> dict[str, str]:
    """What quarantine says of a refused file."""
    path = supplier.home.quarantine / "310" / source / DAY / f"{file_name}.refused.json"
    return json.loads(path.read_text())


def refused_rows(supplier, source: str, file_name: str) -> list[tuple[int, str, str]]:
    path = supplier.home.quarantine / "310" / source / DAY / f"{file_name}.rows.csv"
    with path.open(newline="") as handle:
        return [(int(row["row"]), row["rule"], row["column"]) for row in csv.DictReader(handle)]


@pytest.fixture
def yesterday(supplier) -> str:
    """A good header is in force; its fingerprint must stand after every bad delivery."""
    supplier.deliver("social_care", "2017-05-30", {"header.csv": GOOD})
    assert supplier.land("social_care", "2017-05-30")["header.csv"].status == "accepted"
    return in_force(supplier.settings).fingerprint


REFUSED_FILES = {
    "not text at all": (b"PK\x03\x04\x00\x00" + GOOD.encode(), None, "FILE-ENCODING", "it has a zero byte in line 1"),
    "a coverage it cannot have": (
        GOOD, lambda m: m["files"][0].update(coverage="school_date"), "COVERAGE-UNKNOWN", "collection_year:<year>"
    ),
    "too many bad rows": (
        GOOD.replace("WBRI", "WXYZ", 3), None, "ROWS-CEILING", "3 of 40 rows would be refused, more than 5%"
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", REFUSED_FILES)
def test_a_file_is_refused_and_what_was_in_force_stays(supplier, yesterday, story):
    content, spoil, rule, words = REFUSED_FILES[story]
    supplier.deliver("social_care", DAY, {"header.csv": content}, manifest=spoil)
    outcome = supplier.land("social_care", DAY)["header.csv"]

    assert (outcome.status, outcome.rule) == ("refused", rule)
    assert words in outcome.reason
    told = refusal(supplier, "social_care", "header.csv")
    assert told["rule"] == rule and told["what_to_do"]
    assert (supplier.home.root / told["archived_as"]).read_bytes() == (
        content if isinstance(content, bytes) else content.encode()
    )
    assert outcome.rows_read == outcome.rows_loaded + outcome.rows_refused
    assert in_force(supplier.settings).fingerprint == yesterday


def test_a_file_that_is_not_delivered_stays_as_it_was_known_and_is_said(supplier, yesterday):
    supplier.deliver("social_care", DAY, {"uasc.csv": UASC + "1,1,05/06/2005,\n"})
    supplier.land("social_care", DAY)
    events = Ledger(supplier.home.ledger).query(
        "select file_name, rule from file_event where status = 'missing' and extract_date = ?", (DAY,)
    )
    expected = {dataset.files[0] for dataset in of_source("social_care")}
    assert {event["file_name"] for event in events} == expected - {"uasc.csv"} > {"header.csv", "oc2.csv"}
    assert "ssda903_header" in {each.dataset for each in in_force(supplier.settings).extracts}


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda m: "{ not json", "MANIFEST-UNREADABLE"),
        (lambda m: m.pop("generated_at") and None, "MANIFEST-UNREADABLE"),
        (lambda m: m.update(authority="201"), "MANIFEST-ELSEWHERE"),
        (lambda m: m["files"][0].update(name="../../310/social_care/2017-05-30/header.csv"), "MANIFEST-PATH"),
    ],
)
def test_a_manifest_that_cannot_be_believed_refuses_the_folder(supplier, yesterday, spoil, rule):
    supplier.deliver("social_care", DAY, {"header.csv": GOOD}, manifest=spoil)
    assert supplier.land("social_care", DAY) == {}
    assert refusal(supplier, "social_care", "_manifest.json")["rule"] == rule
    assert in_force(supplier.settings).fingerprint == yesterday


def test_rows_are_refused_one_by_one_with_row_rule_and_column(supplier):
    rows = [
        "1,05/06/2016,S,C2,N1,U6,PR1,,,,,,",
        "2,31/02/2016,S,C2,N1,U6,PR1,,,,,,",  # row 3: no such day
        ",05/06/2016,S,C2,N1,U6,PR1,,,,,,",  # row 4: nobody's
        "4,,S,C2,N1,U6,PR1,,,,,,",  # row 5: no key either
        "5,05/06/2016,S,C9,N1,U6,PR1,,,,,,",  # row 6: no such legal status
        "6,05/06/2016,S,C2,N1,U6,PR1,04/06/2016,E4A,,,,",  # row 7: over before it began
        "7,05/06/2016,S,C2,N1,U6",  # row 8: cut short
        "8,05/06/16,S,C2,N1,U6,PR1,,,,,,",  # row 9: which century?
        "9,05/06/2016,S,C2,N1,U6,PR1,,,,,,12x",  # row 10: no number
        *(f"{child},05/06/2016,S,C2,N1,U6,PR1,,,,,," for child in range(10, 300)),
    ]
    supplier.deliver("social_care", DAY, {"episodes.csv": EPISODES + "\n".join(rows) + "\n"})
    outcome = supplier.land("social_care", DAY)["episodes.csv"]

    assert (outcome.status, outcome.verdict) == ("accepted", "warn"), outcome.reason
    assert (outcome.rows_read, outcome.rows_loaded, outcome.rows_refused) == (299, 291, 8)
    assert refused_rows(supplier, "social_care", "episodes.csv") == [
        (3, "CELL-UNREADABLE", "DECOM"),
        (4, "KEY-MISSING", "CHILD"),
        (5, "KEY-MISSING", "DECOM"),
        (6, "CODE-UNKNOWN", "LS"),
        (7, "SPELL-REVERSED", "DEC"),
        (8, "ROW-UNREADABLE", ""),
        (9, "CELL-UNREADABLE", "DECOM"),
        (10, "CELL-UNREADABLE", "URN"),
    ]


def test_odd_rows_are_kept_and_marked(supplier):
    rows = [
        "1,05/06/2016,S,C2,N1,U6,PR1,10/06/2016,,,,,",  # an end without a reason
        "2,05/06/2016,S,C2,N1,K3,PR1,,,,,,",  # K3 came in 2023
        "3,05/06/2016,S,C2,N1,U6,PR1,,,,,,",
        "3,05/06/2016,S,C2,N1,U4,PR1,,,,,,",  # the same key again: this one counts
    ]
    supplier.deliver("social_care", DAY, {"episodes.csv": EPISODES + "\n".join(rows) + "\n"})
    outcome = supplier.land("social_care", DAY)["episodes.csv"]
    assert outcome.rows_loaded == 4
    assert outcome.marks == {"CODE-NOT-YET-VALID": 1, "EPISODE-END-REASON": 1, "KEY-CONFLICT": 1, "KEY-DUPLICATE": 1}


def test_two_identifiers_that_fail_mark_their_row_once(supplier):
    columns = [column.name for column in BY_NAME["pupils"].columns]
    cells = {"upn": "X123", "former_upn": "Y123"}
    row = ",".join(cells.get(name, "") for name in columns)
    supplier.deliver("education", "2017-05-31", {"pupils.csv": f"{','.join(columns)}\n{row}\n"})
    assert supplier.land("education", "2017-05-31")["pupils.csv"].marks == {"UPN-CHECK-LETTER": 1}


def test_a_provider_without_a_number_is_blank_and_not_unreadable(supplier):
    rows = "1,05/06/2016,S,C2,N1,U6,PR1,,,,,,xxxxxxx\n2,05/06/2016,S,C2,N1,U6,PR1,,,,,,1234567\n"
    supplier.deliver("social_care", DAY, {"episodes.csv": EPISODES + rows})
    outcome = supplier.land("social_care", DAY)["episodes.csv"]
    assert (outcome.rows_loaded, outcome.rows_refused) == (2, 0)


def test_a_check_letter_that_fails_empties_the_upn_and_marks_the_row(supplier):
    import duckdb

    rows = "1,1,05/06/2005,WBRI,X310270113001,,\n2,1,05/06/2005,WBRI,UN3,,\n"
    supplier.deliver("social_care", DAY, {"header.csv": HEADER + rows})
    outcome = supplier.land("social_care", DAY)["header.csv"]
    assert outcome.marks == {"UPN-CHECK-LETTER": 1}
    (extract,) = in_force(supplier.settings).extracts
    kept = duckdb.execute(
        f"select pupil_key, _marks from '{extract.content(supplier.home)}' order by _source_row"
    ).fetchall()
    assert kept == [(None, "UPN-CHECK-LETTER"), (None, None)]


def test_an_empty_list_is_believed_where_it_may_be(supplier):
    supplier.deliver("social_care", DAY, {"uasc.csv": UASC})
    assert supplier.land("social_care", DAY)["uasc.csv"].status == "accepted"


def test_a_corrected_file_is_landed_by_itself_and_leaves_no_refusal(supplier):
    supplier.deliver("social_care", DAY, {"header.csv": GOOD.replace("ETHNIC", "ETHNICITY")})
    assert supplier.land("social_care", DAY)["header.csv"].status == "refused"
    supplier.deliver("social_care", DAY, {"header.csv": GOOD}, generated_at="2017-06-02T02:10:00Z")
    # nobody names the night again: the next one finds the folder changed
    supplier.deliver("social_care", "2017-06-01", {"uasc.csv": UASC + "1,1,05/06/2005,\n"})
    assert supplier.land("social_care", "2017-06-01")["header.csv"].status == "accepted"
    assert not (supplier.home.quarantine / "310" / "social_care" / DAY / "header.csv.refused.json").exists()


def test_no_value_of_a_child_is_in_quarantine_or_ledger(supplier):
    rows = "CANARY77,9,05/06/2005,WBRI,X310270113001,,\n" + GOOD.removeprefix(HEADER)
    supplier.deliver("social_care", DAY, {"header.csv": HEADER + rows})
    assert supplier.land("social_care", DAY)["header.csv"].rows_refused == 1
    for path in [*supplier.home.quarantine.rglob("*"), supplier.home.ledger, *supplier.home.raw.rglob("*")]:
        if path.is_file():
            assert b"CANARY77" not in path.read_bytes(), path
            assert b"X310270113001" not in path.read_bytes(), path
    held = [path for path in supplier.home.archive.rglob("*") if path.is_file() and b"CANARY77" in path.read_bytes()]
    assert len(held) == 1
