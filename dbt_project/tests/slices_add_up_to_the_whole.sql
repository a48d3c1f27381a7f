{{ config(group='warehouse') }}

-- Every child of a figure is in exactly one member of each dimension. Populations, which rates divide by, are not
-- added up.
with

known as (

    select * from {{ ref('indicator_value') }}
    where numerator is not null

),

wholes as (

    select * from known
    where dimension = 'all'

),

slices as (

    select
        authority_code,
        indicator_id,
        definition_version,
        as_at,
        period,
        dimension,
        sum(numerator) as numerator,
        sum(denominator) as denominator

    from known
    where dimension <> 'all'
    group by authority_code, indicator_id, definition_version, as_at, period, dimension

)

select slices.*

from slices
left join wholes
    on slices.authority_code = wholes.authority_code
        and slices.indicator_id = wholes.indicator_id
        and slices.definition_version = wholes.definition_version
        and slices.as_at = wholes.as_at
        and slices.period = wholes.period
where
    wholes.numerator is distinct from slices.numerator
    or (wholes.unit <> 'per_10k' and wholes.denominator is distinct from slices.denominator)
