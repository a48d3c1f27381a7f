"""`raw.child_identity`: every identity that the files in force name, and the child it belongs to.

An identity is what one service calls a person: social care its child id, health its patient id, schools the UPN. Facts
look their child up here (macro `of_children`), so what joins two identities is decided in one place
(docs/adr/0010-one-child.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from childrens_warehouse.identity import decisions as deciding
from childrens_warehouse.identity import evidence, joining, numbers, persons, scores
from childrens_warehouse.identity.decisions import Decision
from childrens_warehouse.identity.evidence import Identity
from childrens_warehouse.identity.joining import Joined
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import Settings


@dataclass(frozen=True)
class Linking:
    """Everything linking found out: the identities, and what became of each."""

    identities: list[Identity]
    joined: Joined


def fill(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    extracts: Iterable[Acceptance],
    decisions: Iterable[Decision],
    keep_scores: bool = True,
) -> None:
    """Fill the table from the views of schema `raw`, and from what the restricted store says of the files in force."""
    linking = link(connection, settings, extracts, decisions, keep_scores)
    if not linking.identities:
        return
    told = linking.joined.identities
    children = [linking.identities[each.child].key for each in told]
    table = pa.table(
        {
            "authority_code": pa.array([each.authority for each in linking.identities], pa.string()),
            "identity_kind": pa.array([str(each.kind) for each in linking.identities], pa.string()),
            "identity_key": pa.array([each.key for each in linking.identities], pa.int64()),
            "child_key": pa.array(children, pa.int64()),
            "link_rule": pa.array([each.rule for each in told], pa.string()),
            "match_probability": pa.array([each.probability for each in told], pa.float64()),
            "outcome": pa.array([str(each.outcome) for each in told], pa.string()),
            "is_contested": pa.array([each.is_contested for each in told], pa.bool_()),
            "has_nhs_number": pa.array([each.has_nhs_number for each in told], pa.bool_()),
            "is_delivered": pa.array([each.is_delivered for each in linking.identities], pa.bool_()),
        }
    )
    connection.register("linked_identity", table)
    connection.execute("insert into raw.child_identity by name select * from linked_identity")
    connection.unregister("linked_identity")


def link(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    extracts: Iterable[Acceptance],
    decisions: Iterable[Decision],
    keep_scores: bool = True,
) -> Linking:
    """Who is who. keep_scores: the files are tonight's, so what is scored now will be of use the next night."""
    found = evidence.collect(connection)
    said_by_numbers = numbers.resolve(found)
    same, different = deciding.pairs(decisions, found.identities)
    described = [each for each in extracts if each.dataset in persons.LISTS]
    if not described:
        return Linking(
            found.identities, joining.join(found.identities, said_by_numbers, same=same, different=different)
        )
    with persons.private_connection(settings) as private:
        persons.read(private, settings.home, described, found.identities)
        persons.prepare(private)
        alike = scores.of_persons(private, settings.home, keep_scores)
        said = scores.agreements(private, [(each.one, each.other) for each in said_by_numbers.links])
    joined = joining.join(found.identities, said_by_numbers, alike, said, same, different)
    return Linking(found.identities, joined)
