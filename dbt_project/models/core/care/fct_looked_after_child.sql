with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

placements as (

    select * from {{ ref('fct_placement') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

looked_after as (

    select
        care_periods.authority_code,
        reporting_dates.as_at,
        care_periods.child_key,
        care_periods.started_on,
        care_periods.started_on <= reporting_dates.twelve_months_from as is_twelve_months

    from care_periods
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'care_periods.started_on', 'care_periods.ended_on') }}
    where not care_periods.is_short_break

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.started_on as period_of_care_started_on,
        looked_after.is_twelve_months,
        {{ age_on('looked_after.as_at', 'children.birth_month') }} as age,
        {{ or_unknown('placements.placement_type_code') }} as placement_type_code

    from looked_after

    -- left: the day before a re-dated episode may have a period of care and no placement
    left join placements
        on looked_after.authority_code = placements.authority_code
            and looked_after.child_key = placements.child_key
            and {{ is_on('looked_after.as_at', 'placements.started_on', 'placements.ended_on') }}
    left join children
        on looked_after.authority_code = children.authority_code
            and looked_after.child_key = children.child_key
            and {{ is_on('looked_after.as_at', 'children.valid_from', 'children.valid_to') }}

)

select * from final
