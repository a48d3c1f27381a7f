"""A header's undeclared cells are named where it is a header; a row that stands there is not quoted."""

from __future__ import annotations

import pytest

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.landing.formats.told import told
from childrens_warehouse.ledger import Ledger

UPN = BY_NAME["pupils"].columns[0]


@pytest.mark.parametrize(
    ("cells", "declared", "expected"),
    [
        (["upn", "sex", "House name", "score_2"], 2, ["upn", "sex", "House name", "score_2"]),
        (["upn", "sex", "", "Note"], 2, ["upn", "sex", "", "Note"]),
        # the line end after the header was lost
        (["upn", "sex", "surname", "X123", "Canary", "17/06/2005"], 3,
         ["upn", "sex", "surname", "number 4", "number 5", "number 6"]),
        (["upn", "sex", "surname", "HA1 1AA"], 3, ["upn", "sex", "surname", "number 4"]),
        # a row of which one cell happens to be spelt like a column
        (["sex", "Canary", "Yellowbird"], 1, ["sex", "number 2", "number 3"]),
    ],
)  # fmt: skip
def test_what_is_told(cells, declared, expected):
    columns = [UPN if number < declared else None for number in range(len(cells))]
    assert list(told(cells, columns)) == expected


def test_a_file_nobody_declared_is_told_without_its_name(supplier):
    supplier.deliver("social_care", "2017-05-31", {"Canary Yellowbird.docx": b"x", "uasc (2).csv": b"y"})
    supplier.land("social_care", "2017-05-31")
    names = Ledger(supplier.home.ledger).query("select file_name from file_event where status = 'unexpected'")
    assert [row["file_name"] for row in names] == ["file 1 of 2, by name", "uasc (2).csv"]
