{#- How many placements a child had in a time: with how many different carers it lived for at least a night of it, each
    counted once however often its status changed (see fct_placement for who is the same carer). During a temporary
    stay the child lives where it lived before; a stay with nothing before it is none, nor are short breaks.
    The financial year to 31 March 2017:
      - U4 with one carer since 2015, hospital, and back: one;
      - U4 until 1 May, K2 until 1 July, back to the first U4: three, since going back is a move too;
      - U4 until 1 April 2016 (the first day of the year, and no night of it), K2 since: one;
      - K2 on 3 May for less than a day and then out of care, back in U4 since 1 June: one. -#}
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

legal_status_spells as (

    select * from {{ ref('fct_legal_status_spell') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

unaccompanied as (

    select * from {{ ref('int_uasc_in_force') }}

),

looked_after as (

    select
        care_periods.authority_code,
        reporting_dates.as_at,
        reporting_dates.financial_year_starts_on,
        reporting_dates.twelve_months_from,
        care_periods.child_key,
        care_periods.started_on

    from care_periods
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'care_periods.started_on', 'care_periods.ended_on') }}
    where not care_periods.is_short_break

),

places_lived_in as (

    select * from placements
    where
        not is_short_break
        and (ended_on is null or started_on < ended_on)
        -- a temporary stay that nothing lies under
        and not (is_temporary and underlying_placement_type_code = placement_type_code)

),

counted as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        count(distinct places_lived_in.same_carer_since) as placements_in_twelve_months_count,
        count(
            distinct case
                when
                    {{ is_within(
                        'looked_after.financial_year_starts_on',
                        'looked_after.as_at',
                        'places_lived_in.started_on',
                        'places_lived_in.ended_on'
                    ) }}
                    then places_lived_in.same_carer_since
            end
        ) as placements_in_year_count

    from looked_after
    inner join places_lived_in
        on looked_after.authority_code = places_lived_in.authority_code
            and looked_after.child_key = places_lived_in.child_key
            and {{ is_within(
            'looked_after.twelve_months_from',
            'looked_after.as_at',
            'places_lived_in.started_on',
            'places_lived_in.ended_on'
        ) }}
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

),

final as (

    select
        -- identifiers
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,

        -- how long
        looked_after.started_on as period_of_care_started_on,
        placements.started_on as placement_started_on,
        {{ whole_months_looked_after('looked_after.as_at', 'looked_after.started_on') }} as months_looked_after,
        {{ has_been_looked_after('looked_after.as_at', 'looked_after.started_on', weeks=4) }} as is_four_weeks,
        {{ has_been_looked_after('looked_after.as_at', 'looked_after.started_on', months=12) }} as is_twelve_months,
        {{ has_been_looked_after('looked_after.as_at', 'looked_after.started_on', months=30) }}
            as is_two_and_a_half_years,
        {{ has_been_looked_after('looked_after.as_at', 'placements.stable_since', months=24) }}
            as is_in_placement_two_years,

        -- the child on the day
        {{ age_on('looked_after.as_at', 'children.birth_month') }} as age,
        {{ school_year_group_on('looked_after.as_at', 'children.birth_month') }} as school_year_group,
        (
            {{ add_months('children.birth_month', 18 * 12) }} >= looked_after.financial_year_starts_on
            and {{ add_months('children.birth_month', 17 * 12) }} < looked_after.financial_year_starts_on
        ) as is_turning_eighteen_in_year,
        case
            when unaccompanied.unaccompanied_until <= looked_after.as_at then false
            else children.is_unaccompanied
        end as is_unaccompanied,

        -- care on the day
        {{ or_unknown('legal_status_spells.legal_status_code') }} as legal_status_code,
        placements.category_of_need_code,
        {{ or_unknown('placements.placement_type_code') }} as placement_type_code,
        {{ or_unknown('placements.underlying_placement_type_code') }} as underlying_placement_type_code,
        {{ or_unknown('placements.provider_code') }} as provider_code,

        -- measures
        cast(coalesce(counted.placements_in_year_count, 0) as integer) as placements_in_year_count,
        cast(coalesce(counted.placements_in_twelve_months_count, 0) as integer) as placements_in_twelve_months_count,

        -- where the child lives on the day
        case
            when placements.distance_missing_reason_code = 'unaccompanied' then 'unaccompanied'
            when placements.distance_miles <= 20 then 'up_to_20'
            when placements.distance_miles <= 50 then 'over_20_to_50'
            when placements.distance_miles > 50 then 'over_50'
            else 'unknown'
        end as distance_band,
        placements.is_in_authority

    from looked_after

    -- left: the day before a re-dated episode may have a period of care and no placement
    left join placements
        on looked_after.authority_code = placements.authority_code
            and looked_after.child_key = placements.child_key
            and {{ is_on('looked_after.as_at', 'placements.started_on', 'placements.ended_on') }}
    left join legal_status_spells
        on looked_after.authority_code = legal_status_spells.authority_code
            and looked_after.child_key = legal_status_spells.child_key
            and {{ is_on('looked_after.as_at', 'legal_status_spells.started_on', 'legal_status_spells.ended_on') }}
    left join counted
        on looked_after.authority_code = counted.authority_code
            and looked_after.as_at = counted.as_at
            and looked_after.child_key = counted.child_key
    left join children
        on looked_after.authority_code = children.authority_code
            and looked_after.child_key = children.child_key
            and {{ is_on('looked_after.as_at', 'children.valid_from', 'children.valid_to') }}
    -- left: most children never were unaccompanied
    left join unaccompanied
        on looked_after.authority_code = unaccompanied.authority_code
            and looked_after.child_key = unaccompanied.child_key

)

select * from final
