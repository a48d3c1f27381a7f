"""What a shown whole leaves of its hidden members: the last look at a table that is to be shown, in SQL."""

from __future__ import annotations

from childrens_warehouse.disclosure.figures import KEY, SENSITIVE, WHOLE
from childrens_warehouse.disclosure.profiles import Profile

# The columns of a table that one sum runs over, for every dimension.
TABLE = tuple(name for name in KEY if name not in ("dimension", "member"))


def small(counts: tuple[str, ...], profile: Profile, largest: int) -> str:
    """Is any of the three counts small that must not be, of what the row counts?"""
    return " or ".join(
        f"counted_as = '{unit}' and {counts[count]} between 1 and {largest}"
        for unit, sensitive in SENSITIVE.items()
        for count in range(3)
        # what is between two rounded counts is not a count
        if sensitive[count] and (count < 2 or profile.rounded_to == 1)
    )


def small_rests(figures: str, profile: Profile) -> str:
    """Dimensions whose shown members leave a small rest of a shown whole, for one hidden member or for several.

    figures: a query of rows with their `disclosure` and what they count (`counted_as`).
    """
    table = ", ".join(TABLE)
    rests = ("numerator - n", "denominator - d", "denominator - numerator - m")
    alone, together = (small(rests, profile, profile.largest_hidden - less) for less in (0, 1))
    return f"""
        with figures as ({figures}),
        rest as (
            select {table}, dimension, count(*) filter (disclosure = 'suppressed') as hidden,
                coalesce(sum(numerator) filter (disclosure <> 'suppressed'), 0) as n,
                coalesce(sum(denominator) filter (disclosure <> 'suppressed'), 0) as d,
                coalesce(sum(denominator - numerator) filter (disclosure <> 'suppressed'), 0) as m
            from figures
            where dimension <> '{WHOLE}'
            group by {table}, dimension
        )
        select {table}, rest.dimension
        from (select * exclude (dimension) from figures where dimension = '{WHOLE}' and disclosure = 'open')
        inner join rest using ({table})
        where rest.hidden = 1 and ({alone}) or rest.hidden > 1 and ({together})
    """
