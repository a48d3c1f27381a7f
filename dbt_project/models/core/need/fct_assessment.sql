{#- The census and Annex A list 4 meet on the child and the day the assessment started.

    The clock is of 45 working days and starts the day after the assessment did, as DfE counts:
    - started on Monday 3 April 2017, authorised on Friday 9 June 2017: 45 working days (Good Friday, Easter Monday, May
      Day and the spring holiday are none), in time; authorised on Saturday 10 June: still 45; on Monday 12 June: 46, late
    - not authorised on the night of the 45th working day: not judged yet; on the night of the 46th: overdue
    - started on 14 April 2013: no clock. It was an initial assessment (10 working days by then) or a core assessment
      (35), and the census does not say which. Started on 15 April 2013: the clock of today.

    Working Together counts from the referral. That clock is told too, for the first assessment of a referral. -#}
with

told_by_census as (

    select * from {{ ref('int_cin_assessments_in_force') }}

),

told_by_list as (

    select
        *,
        case
            when lower(trim(outcome_wording)) in ('y', 'yes', 'true', '1') then true
            when lower(trim(outcome_wording)) in ('n', 'no', 'false', '0') then false
        end as is_support_required

    from {{ of_children(ref('stg_social_care__annex_a_4_assessments'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key, started_on
            order by source_row desc
        ) = 1

),

days as (

    select
        date_day,
        working_day_number,
        is_working_day

    from {{ ref('dim_date') }}

),

night as (

    select
        night.as_at,
        days.working_day_number

    from {{ ref('stg_warehouse__night') }} as night
    inner join days on night.as_at = days.date_day

),

merged as (

    select
        coalesce(census.authority_code, list.authority_code) as authority_code,
        coalesce(census.child_key, list.child_key) as child_key,
        coalesce(census.started_on, list.started_on) as started_on,
        census.referred_on,
        census.internal_review_on,
        coalesce(census.authorised_on, list.authorised_on) as authorised_on,
        list.is_child_seen,
        list.is_support_required,
        list.team_name,
        case when census.child_key is null then 'annex_a_4_assessments' else 'cin_assessment' end as source_dataset,
        case when census.child_key is null then list.marks else census.marks end as marks,
        coalesce(census.source_file, list.source_file) as source_file,
        coalesce(census.source_row, list.source_row) as source_row

    from told_by_census as census
    full join told_by_list as list
        on census.authority_code = list.authority_code
            and census.child_key = list.child_key
            and census.started_on = list.started_on

),

placed as (

    select
        assessments.*,
        row_number() over (
            partition by assessments.authority_code, assessments.child_key, assessments.referred_on
            order by assessments.started_on
        ) as assessment_number

    from {{ in_referral('merged', 'started_on') }} as assessments

),

timed as (

    select
        placed.*,
        due_days.date_day as due_on,
        coalesce(days_authorised.working_day_number, night.working_day_number)
        - days_started.working_day_number as working_days_so_far,
        days_authorised.working_day_number - days_started.working_day_number as working_days_taken,
        days_authorised.working_day_number - days_referred.working_day_number as working_days_from_referral,
        placed.started_on >= cast('{{ var("assessment_working_days_from") }}' as date) as has_clock,
        night.as_at

    from placed
    cross join night

    -- left: days may lie outside the calendar, which ends before its last clocks do
    left join days as days_started on placed.started_on = days_started.date_day
    left join days as days_referred on placed.referred_on = days_referred.date_day
    left join days as due_days
        on days_started.working_day_number + {{ var('assessment_due_working_days') }} = due_days.working_day_number
            and due_days.is_working_day

    -- left: not authorised yet
    left join days as days_authorised on placed.authorised_on = days_authorised.date_day

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- dates
        started_on,
        referred_on,
        cast(case when referred_on is not null then assessment_number end as integer) as assessment_number,
        internal_review_on,
        authorised_on,
        started_on > as_at as is_in_future,

        -- in time
        case when has_clock then due_on end as due_on,
        cast(working_days_taken as integer) as working_days_taken,
        case
            when working_days_taken <= 10 then '0-10'
            when working_days_taken <= 20 then '11-20'
            when working_days_taken <= 30 then '21-30'
            when working_days_taken <= 40 then '31-40'
            when working_days_taken <= 45 then '41-45'
            when working_days_taken > 45 then '46 and over'
        end as duration_band,
        case
            when not has_clock then null
            when working_days_so_far > {{ var('assessment_due_working_days') }} then false
            when working_days_taken is not null then true
        end as is_on_time,
        case
            when authorised_on is not null then false
            when has_clock then working_days_so_far > {{ var('assessment_due_working_days') }}
        end as is_overdue,
        cast(
            case when referred_on is not null and assessment_number = 1 then working_days_from_referral end as integer
        ) as working_days_from_referral,

        -- only Annex A knows
        is_child_seen,
        is_support_required,
        {{ or_unknown('team_name') }} as team_name,

        -- lineage
        source_dataset,
        marks,
        source_file,
        source_row

    from timed

)

select * from final
