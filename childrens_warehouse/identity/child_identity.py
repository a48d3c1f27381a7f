"""`raw.child_identity`: every identity that the files in force name, and the child it belongs to.

An identity is what one service calls a person: social care its child id, health its patient id. Facts look their
child up here (macro `of_children`), so what joins two identities is decided in one place.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import ALL, Coverage, Dataset, Source


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the table from the views of schema `raw`. Attendance names pupils, who have a bridge of their own."""
    connection.execute(
        f"""
        insert into raw.child_identity
        with mentioned as (
            {" union all ".join(_mentions("child_key"))}
        )
        select
            authority_code, 'social_care' as identity_kind, identity_key, identity_key as child_key, 'own' as link_rule,
            cast(1 as double) as match_probability, false as is_contested,
            max(source = 'social_care') as is_delivered
        from mentioned
        group by authority_code, identity_key
        """
    )
    connection.execute(
        f"""
        insert into raw.child_identity
        with mentioned as (
            {" union all ".join(_mentions("patient_key", "child_key"))}
        )
        select
            authority_code, 'health' as identity_kind, identity_key,
            coalesce(min(child_key), identity_key) as child_key,
            case when min(child_key) is null then 'own' else 'social_care_id' end as link_rule,
            cast(1 as double) as match_probability,
            count(distinct child_key) > 1 as is_contested,
            true as is_delivered
        from mentioned
        group by authority_code, identity_key
        """
    )


def _mentions(key: str, *others: str) -> Iterable[str]:
    """One query per dataset that bears all these columns."""
    for dataset in ALL:
        if dataset.coverage is not Coverage.SCHOOL_DATE and {key, *others} <= _columns(dataset):
            more = "".join(f", {sql.name(other)}" for other in others)
            source = Source(dataset.source)
            yield (
                f"select distinct _authority_code as authority_code, {sql.literal(str(source))} as source, "
                f"{sql.name(key)} as identity_key{more} from raw.{dataset.name} where {sql.name(key)} is not null"
            )


def _columns(dataset: Dataset) -> set[str]:
    return {str(column.raw_name) for column in dataset.raw_columns}
