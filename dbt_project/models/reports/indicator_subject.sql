with

rows_of_a_day as (

    select * from {{ ref('int_indicator_rows') }}
    where counted = 'on_day'

),

published as (

    select * from {{ ref('int_indicator_periods') }}
    where counted = 'on_day'

),

events as (

    select * from {{ ref('int_indicator_events') }}

),

on_their_day as (

    select
        rows_of_a_day.indicator_id,
        rows_of_a_day.authority_code,
        rows_of_a_day.as_at,
        published.period,
        rows_of_a_day.subject_key,
        rows_of_a_day.in_denominator,
        rows_of_a_day.in_numerator,
        rows_of_a_day.measure

    from rows_of_a_day
    inner join published
        on rows_of_a_day.indicator_id = published.indicator_id
            and rows_of_a_day.as_at = published.as_at

),

in_their_periods as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        subject_key,
        cast(sum(in_denominator) as bigint) as in_denominator,
        cast(sum(in_numerator) as bigint) as in_numerator,
        -- of several events there is no one figure that decided
        case when count(*) = 1 then max(measure) end as measure

    from events
    group by indicator_id, authority_code, as_at, period, subject_key

),

final as (

    select * from on_their_day
    union all
    select * from in_their_periods

)

select * from final
