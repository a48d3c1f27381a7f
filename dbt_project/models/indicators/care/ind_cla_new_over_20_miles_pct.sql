with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

placements as (

    select * from {{ ref('fct_placement') }}

),

placement_types as (

    select * from {{ ref('dim_placement_type') }}

),

latest_placements as (

    select
        care_periods.authority_code,
        reporting_dates.as_at,
        care_periods.child_key,
        care_periods.started_on,
        case
            when care_periods.ended_on <= reporting_dates.as_at then care_periods.end_reason_group
        end as end_reason_group,
        placements.underlying_placement_type_code,
        placements.distance_miles,
        placements.is_over_20_miles

    from care_periods
    inner join reporting_dates
        on care_periods.started_on between reporting_dates.financial_year_starts_on and reporting_dates.as_at
    inner join placements
        on care_periods.authority_code = placements.authority_code
            and care_periods.child_key = placements.child_key
            and care_periods.started_on = placements.period_of_care_started_on
            and reporting_dates.as_at >= placements.started_on
    -- who began twice counts with the later care
    qualify
        row_number() over (
            partition by care_periods.authority_code, reporting_dates.as_at, care_periods.child_key
            order by placements.started_on desc
        ) = 1

),

final as (

    select
        latest_placements.authority_code,
        latest_placements.as_at,
        latest_placements.child_key as subject_key,
        1 as in_denominator,
        case when latest_placements.is_over_20_miles then 1 else 0 end as in_numerator,
        latest_placements.distance_miles as measure

    from latest_placements
    inner join placement_types
        on latest_placements.underlying_placement_type_code = placement_types.placement_type_code
    where
        latest_placements.is_over_20_miles is not null
        and placement_types.placement_group not in ('Placed for adoption', 'Placed with parents')
        -- null: most are still looked after
        and coalesce(latest_placements.end_reason_group, 'none') <> 'Adopted'

)

select * from final
