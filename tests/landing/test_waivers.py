"""A person may let a file through that has more bad rows than its ceiling allows: with a reason and an end."""

from __future__ import annotations

import json

import pytest

from childrens_warehouse.errors import GateError

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
MANY_BAD = HEADER + "".join(f"{child},1,05/06/2005,{'WXYZ' if child < 5 else 'WBRI'},UN3,,\n" for child in range(1, 41))
DAY = "2017-05-31"
WAIVER = {
    "rule": "ROWS-CEILING", "table": "ssda903_header", "reason": "A new code, not in the list yet", "by": "J. Smith",
    "expires_on": "2017-06-30",
}  # fmt: skip


def waive(supplier, **changes: str) -> None:
    (supplier.home.root / "waivers.json").write_text(json.dumps([{**WAIVER, **changes}]))


def test_a_waiver_takes_the_refused_file_up_again_and_sets_its_bad_rows_aside(supplier):
    supplier.deliver("social_care", DAY, {"header.csv": MANY_BAD})
    assert supplier.land("social_care", DAY)["header.csv"].rule == "ROWS-CEILING"
    waive(supplier)
    # The folder is as it was; the decision is what is new, and the next night finds it.
    outcome = supplier.land("social_care", "2017-06-01")["header.csv"]
    assert (outcome.status, outcome.rows_loaded, outcome.rows_refused) == ("accepted", 36, 4)
    assert outcome.verdict == "warn" and "waived by J. Smith until 2017-06-30" in outcome.notes
    assert supplier.land("social_care", "2017-06-02") == {}


@pytest.mark.parametrize(
    "changes", [{"expires_on": "2017-05-30"}, {"table": "ssda903_uasc"}, {"rule": "PUB-ROWS-HALVED"}]
)
def test_a_waiver_helps_its_rule_and_dataset_until_its_end(supplier, changes):
    waive(supplier, **changes)
    supplier.deliver("social_care", DAY, {"header.csv": MANY_BAD})
    assert supplier.land("social_care", DAY)["header.csv"].rule == "ROWS-CEILING"


def test_a_waiver_does_not_let_another_fault_through(supplier):
    waive(supplier)
    supplier.deliver("social_care", DAY, {"header.csv": MANY_BAD.replace("05/06/2005", "38508")})
    assert supplier.land("social_care", DAY)["header.csv"].rule == "FILE-RETYPED"


def test_waivers_that_cannot_be_understood_stop_the_landing(supplier):
    (supplier.home.root / "waivers.json").write_text("[{]")
    supplier.deliver("social_care", DAY, {"header.csv": MANY_BAD})
    with pytest.raises(GateError, match=r"waivers\.json"):
        supplier.land("social_care", DAY)
