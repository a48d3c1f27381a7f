{#- What the slices say of a child on a day, as the values that dim_indicator_member groups.

    Of what stands on a day: that day. A child who left care on 31 March is not placed on 31 March.
    Of an event: its day, and what ended on that day. The child who left care on 31 March was in foster care; the one
    who moved that day is where it moved to. -#}
with

definitions as (

    select
        indicator_id,
        counted

    from {{ ref('indicator') }}
    where subject not in ('pupil', 'worker', 'school')

),

figures as (

    select * from {{ ref('int_indicator_coverage') }}

),

subjects as (

    select * from {{ ref('int_indicator_subjects') }}

),

events as (

    select * from {{ ref('int_indicator_days') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

placement_types as (

    select * from {{ ref('dim_placement_type') }}

),

placements as (

    select * from {{ ref('fct_placement') }}
    where not is_short_break and (ended_on is null or started_on < ended_on)

),

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

allocations as (

    select * from {{ ref('fct_allocation') }}
    where worker_role_code in ('social_worker', 'personal_adviser')

),

days as (

    select distinct
        figures.authority_code,
        'on_day' as counted,
        subjects.subject_key,
        figures.as_at as told_on,
        figures.as_at as last_night_on

    from subjects
    inner join figures
        on subjects.figure_number = figures.figure_number
    inner join definitions
        on figures.indicator_id = definitions.indicator_id
    where definitions.counted = 'on_day'
    union all
    select distinct
        events.authority_code,
        'by_event' as counted,
        events.subject_key,
        events.happened_on as told_on,
        {{ add_days('events.happened_on', -1) }} as last_night_on

    from events
    inner join definitions
        on events.indicator_id = definitions.indicator_id

),

described as (

    select
        days.*,
        children.sex_code,
        {{ age_on('days.told_on', 'children.birth_month') }} as age,
        children.ethnic_group,
        children.is_unaccompanied

    from days

    -- left: unknown is a member of its own
    left join children
        on days.authority_code = children.authority_code
            and days.subject_key = children.child_key
            and {{ is_on('days.told_on', 'children.valid_from', 'children.valid_to') }}

),

-- As fct_case_holder has it, and of an event on its own day.
teams as (

    select
        days.authority_code,
        days.counted,
        days.subject_key,
        days.told_on,
        allocations.team_name

    from days
    inner join allocations
        on days.authority_code = allocations.authority_code
            and days.subject_key = allocations.child_key
            and {{ is_within('days.last_night_on', 'days.told_on', 'allocations.started_on', 'allocations.ended_on') }}
    qualify {{ holds_the_case('days.authority_code, days.counted, days.subject_key, days.told_on') }}

),

placed_on_the_day as (

    select
        days.authority_code,
        days.counted,
        days.subject_key,
        days.told_on,
        looked_after.placement_type_code,
        looked_after.provider_code,
        looked_after.is_in_authority,
        looked_after.is_unaccompanied,
        looked_after.is_twelve_months

    from days
    inner join looked_after
        on days.authority_code = looked_after.authority_code
            and days.subject_key = looked_after.child_key
            and days.told_on = looked_after.as_at
    where days.counted = 'on_day'

),

placed_at_the_event as (

    select
        days.authority_code,
        days.counted,
        days.subject_key,
        days.told_on,
        placements.placement_type_code,
        placements.provider_code,
        placements.is_in_authority,
        cast(null as boolean) as is_unaccompanied,
        {{ has_been_looked_after('days.told_on', 'care_periods.started_on', months=12) }} as is_twelve_months

    from days
    inner join care_periods
        on days.authority_code = care_periods.authority_code
            and days.subject_key = care_periods.child_key
            and {{ is_within(
                'days.last_night_on', 'days.told_on', 'care_periods.started_on', 'care_periods.ended_on'
            ) }}

    -- left: the day before a re-dated episode may have a period of care and no placement
    left join placements
        on care_periods.authority_code = placements.authority_code
            and care_periods.child_key = placements.child_key
            and care_periods.started_on = placements.period_of_care_started_on
            and {{ is_within('days.last_night_on', 'days.told_on', 'placements.started_on', 'placements.ended_on') }}
    where days.counted = 'by_event'
    qualify
        row_number() over (
            partition by days.authority_code, days.subject_key, days.told_on
            order by care_periods.started_on desc, placements.started_on desc nulls last
        ) = 1

),

placed as (

    select * from placed_on_the_day
    union all
    select * from placed_at_the_event

),

grouped as (

    select
        placed.*,
        placement_types.placement_group

    from placed
    inner join placement_types
        on {{ or_unknown('placed.placement_type_code') }} = placement_types.placement_type_code

),

final as (

    select
        described.authority_code,
        described.counted,
        described.subject_key,
        described.told_on,
        {{ or_unknown('described.sex_code') }} as sex,
        {{ age_band('described.age') }} as age_band,
        {{ or_unknown('described.ethnic_group') }} as ethnic_group,
        {{ or_unknown('teams.team_name') }} as team,
        concat({{ or_unknown('grouped.placement_type_code') }}, ' ', {{ or_unknown('grouped.provider_code') }})
            as placement_type,
        {{ or_unknown('grouped.placement_group') }} as placement_group,
        case
            when grouped.is_in_authority then 'true'
            when not grouped.is_in_authority then 'false'
            else 'unknown'
        end as placement_location,
        case
            when coalesce(grouped.is_unaccompanied, described.is_unaccompanied) then 'true'
            when not coalesce(grouped.is_unaccompanied, described.is_unaccompanied) then 'false'
            else 'unknown'
        end as unaccompanied,
        case
            when grouped.is_twelve_months then 'true'
            when not grouped.is_twelve_months then 'false'
            else 'unknown'
        end as twelve_months

    from described

    -- left: not everybody has a team or is looked after
    left join teams
        on described.authority_code = teams.authority_code
            and described.counted = teams.counted
            and described.subject_key = teams.subject_key
            and described.told_on = teams.told_on
    left join grouped
        on described.authority_code = grouped.authority_code
            and described.counted = grouped.counted
            and described.subject_key = grouped.subject_key
            and described.told_on = grouped.told_on

)

select * from final
