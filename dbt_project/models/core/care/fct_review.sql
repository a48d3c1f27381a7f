{#- When a review is due, and when it was on time.

    - Care begins on Friday 31 March 2017: the first review is due on the 20th working day after it, Wednesday 3
      May, because Good Friday, Easter Monday and May Day do not count (int_care_clocks). Held on 3 May it is on
      time, on 4 May late. The day care begins is day 0; a review held on that very day is the first.
    - Care that began by 31 March 2011 had four weeks: from 31 March 2011 to 28 April 2011.
    - The second is due three months after the day the first was held, each later one six months after the day the
      one before was held, not after the day that one had been due. Due on 29 October, brought forward to 31 August:
      the next is due six months from 31 August. Held late, it moves the next one back.
    - Where the month is too short, its last day: 31 August and six months is 28 February, in 2016 29 February; 30
      November and three months is 28 February too.
    - Two reviews in one week are two reviews: with the first on Monday and the second on Friday, the third is due
      six months after Friday.
    - Each period of care counts from the start, however short the gap: a child who leaves on 1 February and is back
      on 2 February is owed a first review within 20 working days of 2 February, whatever was held in January.
    - The day a child leaves is no day of care: a review held on it has no clock, and one that would fall due on it
      is not owed. A child who leaves on Monday and enters care again that Monday never left.
    - Series of short breaks (V3, V4) have rules of their own and no clock here. -#}
with

reviews as (

    select * from {{ ref('int_reviews_in_force') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

clocks as (

    select * from {{ ref('int_care_clocks') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

held as (

    select
        reviews.authority_code,
        reviews.child_key,
        reviews.held_on,
        reviews.participation_code,
        reviews.marks,
        reviews.source_file,
        reviews.source_row,
        care_periods.started_on as period_of_care_started_on,
        case
            when care_periods.started_on is not null
                then
                    row_number() over (
                        partition by reviews.authority_code, reviews.child_key, care_periods.started_on
                        order by reviews.held_on
                    )
        end as review_number

    from reviews

    -- left: a review held while the child was not in care is kept, without a clock
    left join care_periods
        on reviews.authority_code = care_periods.authority_code
            and reviews.child_key = care_periods.child_key
            and {{ is_on('reviews.held_on', 'care_periods.started_on', 'care_periods.ended_on') }}

),

-- What sets the clock of review n + 1: for n = 0 the start of the period of care, afterwards the review held.
clock_starts as (

    select
        authority_code,
        child_key,
        started_on as period_of_care_started_on,
        0 as review_number,
        started_on as clock_started_on

    from care_periods
    where not is_short_break

    union all

    select
        held.authority_code,
        held.child_key,
        held.period_of_care_started_on,
        held.review_number,
        held.held_on as clock_started_on

    from held
    inner join care_periods
        on held.authority_code = care_periods.authority_code
            and held.child_key = care_periods.child_key
            and held.period_of_care_started_on = care_periods.started_on
    where not care_periods.is_short_break

),

due as (

    select
        clock_starts.authority_code,
        clock_starts.child_key,
        clock_starts.period_of_care_started_on,
        clock_starts.review_number + 1 as review_number,
        case clock_starts.review_number
            when 0 then clocks.first_review_due_on
            when 1 then {{ add_months('clock_starts.clock_started_on', var('second_review_due_months')) }}
            else {{ add_months('clock_starts.clock_started_on', var('later_review_due_months')) }}
        end as due_on

    from clock_starts

    -- left: a period of care may begin outside the calendar
    left join clocks on clock_starts.clock_started_on = clocks.date_day

),

held_judged as (

    select
        held.authority_code,
        held.child_key,
        held.held_on as review_on,
        true as is_held,
        held.period_of_care_started_on,
        held.review_number,
        due.due_on,
        held.held_on,
        case
            when due.due_on is null then 'outside_care'
            when held.held_on <= due.due_on then 'on_time'
            else 'late'
        end as timeliness,
        held.participation_code,
        case
            when held.participation_code in ('PN1', 'PN2', 'PN3', 'PN5', 'PN6') then true
            when held.participation_code in ('PN4', 'PN7') then false
        end as is_participated,
        held.held_on > night.as_at as is_in_future,
        held.marks,
        held.source_file,
        held.source_row

    from held
    cross join night

    -- left: outside care and in short breaks there is no clock
    left join due
        on held.authority_code = due.authority_code
            and held.child_key = due.child_key
            and held.period_of_care_started_on = due.period_of_care_started_on
            and held.review_number = due.review_number

),

not_held as (

    select
        due.authority_code,
        due.child_key,
        due.due_on as review_on,
        false as is_held,
        due.period_of_care_started_on,
        due.review_number,
        due.due_on,
        cast(null as date) as held_on,
        case when due.due_on <= night.as_at then 'overdue' else 'not_yet_due' end as timeliness,
        cast(null as {{ dbt.type_string() }}) as participation_code,
        cast(null as boolean) as is_participated,
        false as is_in_future,
        cast(null as {{ dbt.type_string() }}) as marks,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_row

    from due
    cross join night
    inner join care_periods
        on due.authority_code = care_periods.authority_code
            and due.child_key = care_periods.child_key
            and due.period_of_care_started_on = care_periods.started_on

    -- left: kept where no such review was held
    left join held
        on due.authority_code = held.authority_code
            and due.child_key = held.child_key
            and due.period_of_care_started_on = held.period_of_care_started_on
            and due.review_number = held.review_number
    where
        held.held_on is null
        -- nothing falls due on or after the day the child left
        and {{ is_on('due.due_on', 'care_periods.started_on', 'care_periods.ended_on') }}

),

all_reviews as (

    select * from held_judged
    union all
    select * from not_held

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- dates
        review_on,
        is_held,
        period_of_care_started_on,
        cast(review_number as integer) as review_number,
        due_on,
        held_on,

        -- what became of it
        timeliness,
        participation_code,
        is_participated,
        is_in_future,

        -- lineage
        marks,
        source_file,
        source_row

    from all_reviews

)

select * from final
