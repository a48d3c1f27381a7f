with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

placements as (

    select * from {{ ref('fct_placement') }}
    where
        counts_as_placement
        and not is_short_break
        -- a placement of no night is no placement: the return asks for 24 hours
        and (ended_on is null or started_on < ended_on)

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        'year_to_date' as period,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        case when count(placements.started_on) >= 3 then 1 else 0 end as in_numerator,
        count(placements.started_on) as measure

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at

    -- left: a child whose placement is not recorded counts in the denominator
    left join placements
        on looked_after.authority_code = placements.authority_code
            and looked_after.child_key = placements.child_key
            -- the one that was running on 1 April is the first of the year
            and {{ is_within(
            'reporting_dates.financial_year_starts_on',
            'looked_after.as_at',
            'placements.started_on',
            'placements.ended_on'
        ) }}
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

)

select * from final
