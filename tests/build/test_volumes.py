"""A table that loses half of its rows stops the publication, but for the one whose rows are faults."""

from __future__ import annotations

from types import SimpleNamespace

from childrens_warehouse.build import volumes


def halved(table: str) -> list[tuple[str, bool]]:
    before = SimpleNamespace(volumes={table: {"310": 100}})
    return [(result.rule, result.success) for _, result in volumes.compare({table: {"310": 10}}, before)]


def test_half_of_a_list_is_too_little():
    assert ("PUB-ROWS-HALVED", False) in halved("fct_placement")


def test_half_of_the_faults_put_right_is_welcome():
    assert halved("fct_data_quality_finding") == [("PUB-ROWS-DOUBLED", True)]
