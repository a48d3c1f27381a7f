"""The average of statistical neighbours, where it is computed from their own figures: shown if all of these are.

An average beside all its parts but one would tell that one. Whether it is shown is itself told by what is shown: by
which neighbours are listed, which of their figures are shown, and which are suppressed.
"""

from __future__ import annotations

import duckdb

from childrens_warehouse.disclosure import SCHEMA
from childrens_warehouse.disclosure.figures import WHOLE
from childrens_warehouse.disclosure.profiles import Profile

LIST = "dim_statistical_neighbour"
SOURCE = "statistical_neighbour_source"
# What of a row of indicator_value rests on other authorities' figures.
COLUMNS = ("statistical_neighbour", SOURCE)

_SAME_FIGURE = " and ".join(
    f"o.{name} = v.{name}" for name in ("indicator_id", "definition_version", "as_at", "period", "dimension", "member")
)


def untold(profile: Profile) -> str:
    """The query of the rows of marts.indicator_value whose neighbours must not be told; `hidden_rows` is there.

    Those that could rest on a suppressed figure. Under a rule that rounds, all that rest on figures: they would be the
    unrounded ones.
    """
    enough = "count(*) filter (h.row is not null or o.value is not null)"
    return f"""
        with listed as (select authority_code, count(*) as neighbours from marts.{LIST} group by authority_code)
        select v.rowid as row
        from marts.indicator_value as v
        inner join listed as l on v.authority_code = l.authority_code
        inner join marts.{LIST} as n on v.authority_code = n.authority_code
        inner join marts.indicator_value as o on n.neighbour_code = o.authority_code and {_SAME_FIGURE}
        left join hidden_rows as h on o.rowid = h.row
        where v.dimension = '{WHOLE}'
        group by v.rowid
        having {enough} >= 3 and 2 * {enough} >= max(l.neighbours)
            and {"true" if profile.rounded_to > 1 else "count(h.row) > 0"}
    """


def wrong(connection: duckdb.DuckDBPyConnection) -> int:
    """Shown averages of neighbours that are not the mean of shown figures.

    None among the rows of one authority alone: of these nobody can say.
    """
    found = connection.execute(
        f"""
        select count(*) from (
            select v.statistical_neighbour
            from {SCHEMA}.indicator_value as v
            left join marts.{LIST} as n on v.authority_code = n.authority_code
            left join {SCHEMA}.indicator_value as o on n.neighbour_code = o.authority_code and {_SAME_FIGURE}
            where v.{SOURCE} = 'members'
                and (select count(distinct authority_code) from {SCHEMA}.indicator_value) > 1
            group by v.authority_code, v.indicator_id, v.definition_version, v.as_at, v.period, v.dimension, v.member,
                v.statistical_neighbour
            having count(*) filter (o.disclosure = 'suppressed') > 0 or count(o.value) < 3
                or abs(avg(o.value) - v.statistical_neighbour) > 1e-6
        )
        """
    ).fetchone()
    return int(found[0]) if found else 0
