"""Numbers of children for the pictures of the panel edition: across two slices, or by a number, which no indicator has.

Each is of the children behind `cla_count`, so that they add up to it; nothing about a single child leaves the release.
"""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.catalogue import rules
from childrens_warehouse.pages.charts.places import Place, Stream
from childrens_warehouse.pages.charts.pyramid import Band
from childrens_warehouse.pages.reading import Release

_CHILDREN = """
    from release.fct_looked_after_child as c
    semi join release.indicator_subject as s
        on c.authority_code = s.authority_code and c.as_at = s.as_at and c.child_key = s.subject_key
        and s.indicator_id = 'cla_count'
"""
_LIVES = """
    left join release.fct_placement as p
        on c.authority_code = p.authority_code and c.child_key = p.child_key and c.placement_started_on = p.started_on
"""
_WHERE = "where c.authority_code = $1 and c.as_at = $2"
_DISTANCES = {
    "up_to_20": "Up to 20 miles",
    "over_20_to_50": "20 to 50 miles",
    "over_50": "Over 50 miles",
    "unaccompanied": "Unaccompanied: no home here",
}


def by_age_and_sex(release: Release, as_at: dt.date) -> list[Band]:
    """Boys and girls by age in years, youngest first; children whose sex is not told are left out."""
    found = release.counts(
        f"""
        select c.age, count(*) filter (d.sex_code = 'M'), count(*) filter (d.sex_code = 'F')
        {_CHILDREN}
        inner join release.dim_child as d
            on c.authority_code = d.authority_code and c.child_key = d.child_key
            and c.as_at >= d.valid_from and (d.valid_to is null or c.as_at < d.valid_to)
        {_WHERE} and c.age is not null
        group by c.age
        """,
        as_at,
    )
    by_age = {age: (boys, girls) for age, boys, girls in found}
    ages = range(18) if by_age else ()
    return [Band("Under 1" if age == 0 else str(age), *by_age.get(age, (0, 0))) for age in ages]


def by_place_and_distance(release: Release, as_at: dt.date) -> list[Stream]:
    """Children by whether they live in the authority, and how far from home."""
    found = release.counts(
        f"select c.is_in_authority, c.distance_band, count(*) {_CHILDREN} {_WHERE} group by all",
        as_at,
    )
    nearest = {band: number for number, band in enumerate(_DISTANCES)}
    found.sort(key=lambda each: (each[0] is None, not each[0], nearest.get(each[1], len(nearest))))
    where = {True: f"In {release.council}", False: f"Outside {release.council}", None: "Not known or not told"}
    return [
        Stream(where[is_in], _DISTANCES.get(distance or "", "Not known or not told"), children)
        for is_in, distance, children in found
    ]


def by_placements(release: Release, as_at: dt.date) -> list[tuple[str, int | None]]:
    """Children by how many placements they had in twelve months, four and more together."""
    found = release.counts(
        f"select least(c.placements_in_twelve_months_count, 4) as placements, count(*) {_CHILDREN} {_WHERE}"
        " and c.placements_in_twelve_months_count > 0 group by all order by all",
        as_at,
    )
    children = dict(found)
    names = {1: "One", 2: "Two", 3: "Three", 4: "Four or more"}
    return [(name, children.get(number, 0)) for number, name in names.items()] if children else []


def by_authority(release: Release, as_at: dt.date) -> list[Place]:
    """Children by the authority that they live in; those of whom it is not known are left out."""
    found = release.counts(
        f"select p.placement_authority_code, count(*) {_CHILDREN} {_LIVES} {_WHERE}"
        " and p.placement_authority_code <> 'unknown' group by all order by all",
        as_at,
    )
    names, regions = rules.authorities(), rules.regions()
    return [Place(code, names.get(code, code), regions.get(code, "Elsewhere"), children) for code, children in found]
