{#- The census and Annex A list 5 meet on the child and the day the enquiry started. What is known of its conference is
    put together: a day told by either list is the day; "not required" by either stands unless one was held.

    The clock is of 15 working days and starts the day after the strategy discussion:
    - Friday 31 March 2017: due on Tuesday 25 April, over Easter. Held on 25 April: on time. On 26 April: late.
    - not held, not said to be unnecessary: not_yet_due up to and on the night of 25 April, overdue from the 26th
    - held before the enquiry started: the dates contradict each other, no judgement -#}
with

told_by_census as (

    select * from {{ ref('int_cin_enquiries_in_force') }}

),

told_by_list as (

    select *

    from {{ of_children(ref('stg_social_care__annex_a_5_section47'), 'social_care') }}
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
        census.conference_target_on,
        coalesce(census.conference_on, list.conference_on) as conference_on,
        case
            when census.is_conference_not_required or list.is_conference_not_required then true
            else coalesce(census.is_conference_not_required, list.is_conference_not_required)
        end as is_said_not_required,
        list.is_plan_made,
        list.team_name,
        case when census.child_key is null then 'annex_a_5_section47' else 'cin_section47' end as source_dataset,
        case when census.child_key is null then list.marks else census.marks end as marks,
        coalesce(census.source_file, list.source_file) as source_file,
        coalesce(census.source_row, list.source_row) as source_row

    from told_by_census as census
    full join told_by_list as list
        on census.authority_code = list.authority_code
            and census.child_key = list.child_key
            and census.started_on = list.started_on

),

timed as (

    select
        enquiries.*,
        case
            when enquiries.conference_on is not null then false
            else enquiries.is_said_not_required
        end as is_conference_not_required,
        due_days.date_day as conference_due_on,
        days_held.working_day_number - days_started.working_day_number as working_days_to_conference,
        night.working_day_number - days_started.working_day_number as working_days_to_night,
        night.as_at

    from {{ in_referral('merged', 'started_on') }} as enquiries
    cross join night

    -- left: days may lie outside the calendar, which ends before its last clocks do
    left join days as days_started on enquiries.started_on = days_started.date_day
    left join days as due_days
        on days_started.working_day_number + {{ var('initial_conference_due_working_days') }}
            = due_days.working_day_number
            and due_days.is_working_day

    -- left: most enquiries lead to no conference
    left join days as days_held on enquiries.conference_on = days_held.date_day

),

judged as (

    select
        timed.*,
        case
            when conference_on < started_on then null
            when working_days_to_conference <= {{ var('initial_conference_due_working_days') }} then 'on_time'
            when working_days_to_conference is not null then 'late'
            when is_conference_not_required then 'not_required'
            when working_days_to_night > {{ var('initial_conference_due_working_days') }} then 'overdue'
            when working_days_to_night is not null then 'not_yet_due'
        end as conference_timeliness

    from timed

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- dates
        started_on,
        referred_on,
        started_on > as_at as is_in_future,

        -- the initial conference
        is_conference_not_required,
        conference_due_on,
        conference_target_on,
        conference_on,
        cast(working_days_to_conference as integer) as working_days_to_conference,
        conference_timeliness,
        is_plan_made as is_plan_made_as_told,
        {{ or_unknown('team_name') }} as team_name,

        -- lineage
        source_dataset,
        marks,
        source_file,
        source_row

    from judged

)

select * from final
