"""What the files in force say of identities: who is named, which numbers each claims, which number superseded which.

All of it pseudonyms, from the views of schema `raw`. Names and dates of birth are the business of `persons`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import ALL, Coverage, Dataset, Source


class Kind(StrEnum):
    """Whose id an identity is, in the order in which they give a child its key."""

    SOCIAL_CARE = "social_care"
    HEALTH = "health"
    EDUCATION = "education"


class Adoption(StrEnum):
    """What an adoption made of an identity: the one that replaced another, or the one whose care ended by it."""

    NEW = "new"
    OLD = "old"


KEY_OF = {Kind.SOCIAL_CARE: "child_key", Kind.HEALTH: "patient_key", Kind.EDUCATION: "pupil_key"}
NUMBERS = ("nhs_number", "upn", "social_care_id")

# What is said today counts more than any return; what somebody was called before counts least.
_TODAY, _FORMER = 100_000, -1
_IS_KEPT = "not contains(coalesce(_marks, ''), 'KEY-DUPLICATE')"


@dataclass(frozen=True, slots=True)
class Identity:
    """What one service of an authority calls a person. is_delivered: by that service's own lists."""

    authority: str
    kind: Kind
    key: int
    is_delivered: bool
    adoption: Adoption | None = None

    @property
    def order(self) -> tuple[str, int, int]:
        return self.authority, list(Kind).index(self.kind), self.key


@dataclass(frozen=True, slots=True)
class Claim:
    """An identity (by its place in the list) says that a number is its own. The highest rank for a number is heard."""

    identity: int
    number_kind: str
    number: int
    rank: int


@dataclass(frozen=True, slots=True)
class Supersession:
    """One number took the place of another."""

    authority: str
    number_kind: str
    old: int
    new: int


@dataclass(frozen=True)
class Evidence:
    """Everything that is said, in an order that depends on nothing but what is said."""

    identities: list[Identity] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    supersessions: list[Supersession] = field(default_factory=list)


def collect(connection: duckdb.DuckDBPyConnection) -> Evidence:
    """Read the evidence out of schema `raw`. Attendance names pupils without saying more of them: it is not asked."""
    connection.execute(f"create or replace temp table mentioned_identity as {' union '.join(_mentions())}")
    identities = _identities(connection)
    place = {(each.authority, each.kind, each.key): number for number, each in enumerate(identities)}
    rows = connection.execute(f"select distinct * from ({' union all '.join(_claims())}) order by all").fetchall()
    claims = []
    for authority, kind, key, number_kind, number, rank in rows:
        identity = place[authority, Kind(kind), key]
        # What an adopted child was called before leads to the identity that must not be found.
        if rank != _FORMER or identities[identity].adoption is not Adoption.NEW:
            claims.append(Claim(identity, number_kind, number, rank))
    supersessions = connection.execute(
        f"""
        select distinct _authority_code, 'nhs_number' as number_kind, nhs_number_key, superseded_by_nhs_number_key
        from raw.patients
        where nhs_number_key <> superseded_by_nhs_number_key and {_IS_KEPT}
        union
        select distinct _authority_code, 'upn', former_pupil_key, pupil_key
        from raw.pupils
        where former_pupil_key <> pupil_key and {_IS_KEPT}
        order by all
        """
    ).fetchall()
    return Evidence(identities, claims, [Supersession(*row) for row in supersessions])


def _identities(connection: duckdb.DuckDBPyConnection) -> list[Identity]:
    rows = connection.execute(
        f"""
        with adopted as (
            select _authority_code as authority_code, child_key as identity_key, 'new' as adoption
            from raw.persons
            where adopted_identity = 'Y' and {_IS_KEPT}
            union
            select _authority_code, child_key, 'old' from raw.ssda903_episodes where rec in ('E11', 'E12')
        )
        select m.authority_code, m.identity_kind, m.identity_key, max(m.is_delivered), min(a.adoption)
        from mentioned_identity as m
        left join adopted as a
            on m.identity_kind = 'social_care' and m.authority_code = a.authority_code
            and m.identity_key = a.identity_key
        group by m.authority_code, m.identity_kind, m.identity_key
        """
    ).fetchall()
    found = [
        Identity(authority, Kind(kind), key, bool(is_delivered), Adoption(adoption) if adoption else None)
        for authority, kind, key, is_delivered, adoption in rows
    ]
    return sorted(found, key=lambda each: each.order)


def _lists() -> Iterator[tuple[Dataset, set[str]]]:
    for dataset in ALL:
        if dataset.coverage is not Coverage.SCHOOL_DATE:
            yield dataset, {str(column.raw_name) for column in dataset.raw_columns}


def _mentions() -> Iterator[str]:
    """One query per list and column that names a person."""
    for dataset, columns in _lists():
        for column, kind in (*((key, kind) for kind, key in KEY_OF.items()), ("former_pupil_key", Kind.EDUCATION)):
            if column in columns:
                own = Source(dataset.source).value == kind.value and column == KEY_OF[kind]
                yield (
                    f"select _authority_code as authority_code, {sql.literal(kind)} as identity_kind, "
                    f"{column} as identity_key, {sql.literal(own)} as is_delivered "
                    f"from raw.{dataset.name} where {column} is not null"
                )


def _claims() -> Iterator[str]:
    """One query per list, column that names a person and column that bears a number."""
    for dataset, columns in _lists():
        is_list_of_persons = dataset.name in ("persons", "patients", "pupils")
        kind = Kind(Source(dataset.source).value)
        key = KEY_OF[kind]
        if key not in columns:
            continue
        rank = str(_TODAY) if is_list_of_persons else "0"
        if kind is Kind.SOCIAL_CARE:
            if "pupil_key" in columns and not is_list_of_persons:
                # Of the returns, the newest that names the child.
                yield _claim(
                    dataset, kind, "upn", "pupil_key", "coalesce(_collection_year, 0)",
                    "qualify rank() over (partition by _authority_code, child_key "
                    "order by _collection_year desc nulls last, _stamp desc) = 1",
                )  # fmt: skip
            elif "pupil_key" in columns:
                yield _claim(dataset, kind, "upn", "pupil_key", rank)
            if "former_pupil_key" in columns:
                yield _claim(dataset, kind, "upn", "former_pupil_key", str(_FORMER))
        elif "child_key" in columns:
            yield _claim(dataset, kind, "social_care_id", "child_key", rank)
        if "nhs_number_key" in columns:
            yield _claim(dataset, kind, "nhs_number", "nhs_number_key", rank)
        if "superseded_by_nhs_number_key" in columns:
            column = "superseded_by_nhs_number_key"
            yield _claim(dataset, kind, "nhs_number", column, str(_FORMER), "and nhs_number_key is null")
    # The id of these two is a number that others know: it is their own before anybody claims it.
    for number_kind, columns_of in (("social_care_id", Kind.SOCIAL_CARE), ("upn", Kind.EDUCATION)):
        yield (
            f"select authority_code, identity_kind, identity_key, {sql.literal(number_kind)}, identity_key, {_TODAY} "
            f"from mentioned_identity where identity_kind = {sql.literal(columns_of)}"
        )


def _claim(dataset: Dataset, kind: Kind, number_kind: str, column: str, rank: str, more: str = "") -> str:
    key = KEY_OF[kind]
    return (
        f"select _authority_code, {sql.literal(kind)}, {key}, {sql.literal(number_kind)}, {column}, {rank} "
        f"from raw.{dataset.name} where {key} is not null and {column} is not null and {_IS_KEPT} {more}"
    )
