"""Rows set aside come in when the file is corrected, or when the rule that set them aside is."""

from __future__ import annotations

import csv

import pytest

from childrens_warehouse import reference
from childrens_warehouse.landing.night import judge_again
from childrens_warehouse.raw.in_force import in_force

DAY = "2017-05-08"
HEADER = "upn,school_urn,date,session,supplier,mark\n"
MARKS = HEADER + "".join(f"A{pupil:012},1,{DAY},AM,sims,{'$' if pupil == 7 else '/'}\n" for pupil in range(40))


@pytest.fixture
def a_new_mark(monkeypatch):
    """The list of register marks gains one, as an analyst would add it to the seed."""

    def add() -> None:
        known = reference.code_list("ATTENDANCE")
        new = reference.Code("$", "Invented", None, None)
        monkeypatch.setattr(
            "childrens_warehouse.landing.rows.code_list",
            lambda name: (*known, new) if name == "ATTENDANCE" else reference.code_list(name),
        )
        monkeypatch.setattr(
            "expectations.arrivals.code_list",
            lambda name: (*known, new) if name == "ATTENDANCE" else reference.code_list(name),
        )

    return add


def test_a_row_comes_in_when_its_code_is_known(supplier, a_new_mark):
    supplier.deliver("education", DAY, {"attendance.csv": MARKS})
    first = supplier.land("education", DAY)["attendance.csv"]
    assert (first.rows_loaded, first.refusals) == (39, {"CODE-UNKNOWN": 1})
    [before] = in_force(supplier.settings).partitions
    assert before.rows == 39
    listed = supplier.home.quarantine / "310" / "education" / DAY / "attendance.csv.rows.csv"
    [row] = csv.DictReader(listed.open(newline=""))
    assert row["register"] == f"sims|1|{DAY}" and row["row_key"]

    a_new_mark()
    # The folder is as it was, so a night does not look at it again; asked to, the landing does.
    assert supplier.land("education", "2017-05-09") == {}
    [again] = judge_again(supplier.settings, "replay", in_force(supplier.settings).as_at)
    assert (again.status, again.rows_loaded, again.rows_refused) == ("accepted", 40, 0)
    assert again.generated_at == first.generated_at
    [after] = in_force(supplier.settings).partitions
    assert after.rows == 40 and after.fingerprint != before.fingerprint
    assert not listed.exists()
    assert judge_again(supplier.settings, "replay", in_force(supplier.settings).as_at) == ()


def test_the_corrected_file_brings_the_row_with_the_same_key(supplier):
    supplier.deliver("education", DAY, {"attendance.csv": MARKS})
    supplier.land("education", DAY)
    listed = supplier.home.quarantine / "310" / "education" / DAY
    [first] = csv.DictReader((listed / "attendance.csv.rows.csv").open(newline=""))
    # Corrected in another row, still wrong in this one: known by its key although it lies in another place.
    moved = HEADER + f"A{99:012},1,{DAY},AM,sims,/\n" + MARKS.removeprefix(HEADER)
    supplier.deliver("education", DAY, {"attendance.csv": moved}, generated_at="2017-05-09T05:00:00Z")
    supplier.land("education", DAY)
    [second] = csv.DictReader((listed / "attendance.csv.rows.csv").open(newline=""))
    assert (first["row"], second["row"]) == ("9", "10")
    assert first["row_key"] == second["row_key"] and first["generated_at"] < second["generated_at"]
    assert len(list((listed / "earlier").iterdir())) == 1  # what was set aside, and when, is history
    supplier.deliver("education", DAY, {"attendance.csv": MARKS.replace("$", "/")}, generated_at="2017-05-09T06:00:00Z")
    assert supplier.land("education", DAY)["attendance.csv"].rows_refused == 0
    assert not (listed / "attendance.csv.rows.csv").exists()


def test_a_row_that_comes_in_after_all_was_never_withdrawn(supplier, monkeypatch):
    header = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
    rows = "".join(f"{child},1,05/06/2005,{{}},UN3,,\n" for child in range(1, 31))
    supplier.deliver("social_care", "2017-05-30", {"header.csv": header + rows.replace("{}", "WBRI")})
    with_a_new_code = rows.replace("{}", "WXYZ", 1).replace("{}", "WBRI")
    supplier.deliver("social_care", "2017-05-31", {"header.csv": header + with_a_new_code})
    assert supplier.land("social_care", "2017-05-31")["header.csv"].rows_refused == 1
    assert len(in_force(supplier.settings).withdrawn) == 1

    new = reference.Code("WXYZ", "Invented", None, None)
    for module in ("childrens_warehouse.landing.rows", "expectations.arrivals"):
        monkeypatch.setattr(f"{module}.code_list", lambda name: (*reference.code_list(name), new))
    judge_again(supplier.settings, "replay", in_force(supplier.settings).as_at)
    assert in_force(supplier.settings).withdrawn == ()
