"""Dated rules and benchmarks of an indicator, from the seeds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache

from childrens_warehouse.reference import SEEDS

SeedRow = Mapping[str, str]

# Seed -> what its rows are; blank where each row says it.
_BENCHMARKS = (("indicator_target", "target"), ("indicator_comparator", ""), ("indicator_published", "published"))


def statutory(ids: Iterable[str]) -> list[SeedRow]:
    """The statutory definitions that rule any of these indicators and rows of the catalogue, oldest first."""
    wanted = set(ids)
    found = [row for row in _rows("statutory_definition") if wanted & set(row["indicator_ids"].split())]
    return sorted(found, key=lambda row: (row["topic"], row["valid_from"]))


def benchmarks(indicator_id: str) -> list[SeedRow]:
    """Targets, comparators and values published before, each under the key `benchmark`; those not used, too."""
    return [
        {"benchmark": kind or row["comparator"], **row}
        for seed, kind in _BENCHMARKS
        for row in _rows(seed)
        if row["indicator_id"] == indicator_id
    ]


@cache
def documents() -> Mapping[str, str]:
    """Key of a source document -> its title, with who published it."""
    return {row["document_key"]: f"{row['body']}: {row['title']}" for row in _rows("source_document")}


@cache
def members(dimension: str) -> Mapping[str, str]:
    """Member of a dimension -> its label, in the order they are shown in."""
    return {row["member"]: row["member_label"] for row in _rows("indicator_member") if row["dimension"] == dimension}


@cache
def authorities() -> Mapping[str, str]:
    """Three-digit code of a local authority -> its name."""
    return {row["local_authority_code"]: row["label"] for row in _rows("local_authority")}


@cache
def regions() -> Mapping[str, str]:
    """Three-digit code of a local authority -> the region it lies in."""
    return {row["local_authority_code"]: row["region"] for row in _rows("local_authority")}


@cache
def _rows(seed: str) -> tuple[SeedRow, ...]:
    with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as handle:
        return tuple(csv.DictReader(handle))
