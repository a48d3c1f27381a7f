{#- Which events fall into which period, from the day of the event alone. Of 31 March 2017:
      - 31 March is in the month, the quarter, the financial year, the school year and the last twelve months;
      - 1 March is too; 28 February is in no month that ends then, but in its own;
      - 31 March 2016 is in none of them.
    Where subjects are counted, a child with three events in the quarter is one row, told by the last of them. -#}
with

events as (

    select * from {{ ref('int_indicator_rows') }}
    where counted = 'by_event'

),

published as (

    select * from {{ ref('int_indicator_periods') }}
    where counted = 'by_event'

),

days as (

    select
        indicator_id,
        authority_code,
        as_at as happened_on,
        subject_key,
        sum(in_denominator) as in_denominator,
        sum(in_numerator) as in_numerator,
        max(in_denominator) as most_in_denominator,
        max(in_numerator) as most_in_numerator,
        -- of several events there is no one figure that decided
        case when count(*) = 1 then max(measure) end as measure

    from events
    group by indicator_id, authority_code, as_at, subject_key

),

placed as (

    select
        days.indicator_id,
        days.authority_code,
        published.as_at,
        published.period,
        published.counts,
        days.subject_key,
        days.happened_on,
        days.in_denominator,
        days.in_numerator,
        days.most_in_denominator,
        days.most_in_numerator,
        days.measure

    from days
    inner join published
        on days.indicator_id = published.indicator_id
            and days.happened_on between published.starts_on and published.as_at

),

each_event as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        subject_key,
        happened_on,
        in_denominator,
        in_numerator,
        measure

    from placed
    where counts = 'events'

),

each_subject as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        subject_key,
        max(happened_on) as happened_on,
        max(most_in_denominator) as in_denominator,
        max(most_in_numerator) as in_numerator,
        case when count(*) = 1 then max(measure) end as measure

    from placed
    where counts = 'subjects'
    group by indicator_id, authority_code, as_at, period, subject_key

),

told as (

    select * from each_event
    union all
    select * from each_subject

),

final as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        subject_key,
        happened_on,
        cast(in_denominator as bigint) as in_denominator,
        cast(in_numerator as bigint) as in_numerator,
        measure

    from told

)

select * from final
