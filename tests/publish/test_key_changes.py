"""Who became one child from one release to the next, and by what."""

from __future__ import annotations

import json

import duckdb
import pytest

from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import key_changes

BEFORE = {
    "a": (1, "own"),
    "b": (2, "own"),
    "c": (3, "own"),
    "d": (3, "upn"),
    "e": (5, "own"),
    "f": (5, "upn"),
    "g": (9, "own"),
}
NOW = {
    "a": (1, "own"),
    "b": (1, "likeness"),
    "c": (3, "own"),
    "d": (4, "own"),
    "e": (6, "own"),
    "f": (6, "upn"),
    "h": (9, "own"),
}


def release(settings, name, rows, previous=None, key_id="k", content=None):
    folder = settings.home.releases / name
    folder.mkdir(parents=True)
    values = ", ".join(
        f"('310', 'education', {ord(identity)}, {child}, '{rule}')" for identity, (child, rule) in rows.items()
    )
    duckdb.execute(
        "copy (select * from (values " + values + ") as t (authority_code, identity_kind, identity_key, child_key, "
        f"link_rule)) to '{folder}/bridge.parquet' (format parquet)"
    )
    table = {"content_hash": content or name, "files": [{"path": "bridge.parquet"}]}
    manifest = {
        "release_id": name, "previous": previous, "inputs": {"key_id": key_id}, "tables": {key_changes.TABLE: table},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return manifest


def test_merges_splits_and_other_keys(settings):
    release(settings, "one", BEFORE)
    found = key_changes.since_previous(settings.home, release(settings, "two", NOW, "one"))
    assert [tuple(each.values()) for each in found] == [
        ("one", "310", "merge", "likeness", 1, 1),
        ("one", "310", "other key", "own", 1, 1),
        ("one", "310", "other key", "upn", 1, 1),
        ("one", "310", "split", "upn", 1, 1),
    ]


@pytest.mark.parametrize("changed", [{"previous": None}, {"key_id": "another"}, {"content": "one"}])
def test_nothing_is_told_of_what_cannot_be_compared(settings, changed):
    release(settings, "one", BEFORE)
    given = {"previous": "one", **changed}
    assert key_changes.since_previous(settings.home, release(settings, "two", NOW, **given)) == []


def test_the_ledger_counts_a_release_once(settings):
    ledger = Ledger(settings.home.ledger)
    release(settings, "one", BEFORE)
    found = key_changes.since_previous(settings.home, release(settings, "two", NOW, "one"))
    for _ in range(2):
        ledger.record_links("night", "two", found)
    assert ledger.query("select change, rule, children from link_event order by change, rule") == [
        {"change": "merge", "rule": "likeness", "children": 1},
        {"change": "other key", "rule": "own", "children": 1},
        {"change": "other key", "rule": "upn", "children": 1},
        {"change": "split", "rule": "upn", "children": 1},
    ]
