{#- The night is 31 May 2017, a Wednesday:
      - the 20th working day after it is 28 June: due then, listed, 20 working days left; due on the 29th, not yet;
      - due on 31 May and not held: overdue, 0 days left; due on 30 May: -1;
      - a review entered for a day after the night is not held yet: the list says so, and goes on asking for it.
    Reviews come by collection year. Where one of the years from the last review known (or the start of care) to the
    night is not in force, a review may have been held that no list tells of: nobody can say what is due. -#}
{{ config(schema='marts', access='public') }}

with

looked_after as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.period_of_care_started_on

    from {{ ref('fct_looked_after_child') }} as looked_after
    inner join {{ ref('dim_reporting_date') }} as reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    where reporting_dates.is_night

),

reviews as (

    select * from {{ ref('fct_review') }}

),

lists as (

    select distinct
        authority_code,
        collection_year

    from {{ ref('dim_extract') }}
    where dataset = 'ssda903_reviews'

),

days as (

    select
        date_day,
        working_day_number

    from {{ ref('dim_date') }}

),

case_holders as (

    select * from {{ ref('fct_case_holder') }}

),

held as (

    select
        looked_after.authority_code,
        looked_after.child_key,
        max(reviews.held_on) as last_held_on

    from looked_after
    inner join reviews
        on looked_after.authority_code = reviews.authority_code
            and looked_after.child_key = reviews.child_key
            and looked_after.period_of_care_started_on = reviews.period_of_care_started_on
            and looked_after.as_at >= reviews.held_on
    group by looked_after.authority_code, looked_after.child_key

),

next_ones as (

    select
        looked_after.authority_code,
        looked_after.child_key,
        reviews.review_number,
        reviews.due_on,
        reviews.held_on as recorded_for

    from looked_after
    inner join reviews
        on looked_after.authority_code = reviews.authority_code
            and looked_after.child_key = reviews.child_key
            and looked_after.period_of_care_started_on = reviews.period_of_care_started_on
    where reviews.held_on is null or reviews.held_on > looked_after.as_at
    qualify
        row_number() over (
            partition by looked_after.authority_code, looked_after.child_key
            order by reviews.review_number
        ) = 1

),

clocks as (

    select
        looked_after.*,
        held.last_held_on,
        coalesce(held.last_held_on, looked_after.period_of_care_started_on) as since_on,
        next_ones.review_number,
        next_ones.due_on,
        next_ones.recorded_for

    from looked_after

    -- left: before the first review none is held, and a clock may run beyond the calendar
    left join held
        on looked_after.authority_code = held.authority_code
            and looked_after.child_key = held.child_key
    left join next_ones
        on looked_after.authority_code = next_ones.authority_code
            and looked_after.child_key = next_ones.child_key

),

told as (

    select
        clocks.authority_code,
        clocks.child_key

    from clocks
    inner join lists
        on clocks.authority_code = lists.authority_code
    where
        lists.collection_year is null
        or lists.collection_year
        between {{ collection_year_of('clocks.since_on') }} and {{ collection_year_of('clocks.as_at') }}
    group by clocks.authority_code, clocks.child_key, clocks.since_on, clocks.as_at
    having
        max(case when lists.collection_year is null then 1 else 0 end) = 1
        or count(*) = {{ collection_year_of('clocks.as_at') }} - {{ collection_year_of('clocks.since_on') }} + 1

),

judged as (

    select
        clocks.*,
        case
            when told.child_key is null or clocks.due_on is null then 'not_known'
            when clocks.due_on <= clocks.as_at then 'overdue'
            else 'due'
        end as status,
        due_days.working_day_number - night_days.working_day_number as working_days_left

    from clocks
    inner join days as night_days
        on clocks.as_at = night_days.date_day

    -- left: what is not known stays on the list
    left join days as due_days
        on clocks.due_on = due_days.date_day
    left join told
        on clocks.authority_code = told.authority_code
            and clocks.child_key = told.child_key

),

final as (

    select
        -- identifiers
        judged.authority_code,
        judged.as_at,
        judged.child_key,

        -- who holds the case
        {{ or_unknown('case_holders.team_name') }} as team_name,
        cast(coalesce(case_holders.worker_key, -1) as bigint) as worker_key,

        -- what is due
        case when judged.review_number = 1 then 'first_review' else 'later_review' end as item,
        judged.status,
        case when judged.status <> 'not_known' then judged.due_on end as due_on,
        cast(case when judged.status <> 'not_known' then judged.working_days_left end as integer) as working_days_left,

        -- why
        judged.since_on,
        case
            when
                judged.review_number = 1
                and judged.period_of_care_started_on < cast('{{ var('review_working_days_from') }}' as date)
                then 'First review: within {{ var('first_review_due_weeks_until_2011') }} weeks of coming into care.'
            when judged.review_number = 1
                then 'First review: within {{ var('first_review_due_working_days') }} working days of coming into care.'
            when judged.review_number = 2
                then 'Second review: within {{ var('second_review_due_months') }} months of the first.'
            else 'Later review: within {{ var('later_review_due_months') }} months of the one before.'
        end as rule,
        case
            when judged.status = 'not_known'
                then 'Not every list of reviews from that day to the night is in force: one may have been held.'
        end as why_not_known,
        judged.period_of_care_started_on,
        judged.last_held_on,
        judged.recorded_for

    from judged

    -- left: nobody may hold the case
    left join case_holders
        on judged.authority_code = case_holders.authority_code
            and judged.child_key = case_holders.child_key
            and judged.as_at = case_holders.as_at
    where judged.status = 'not_known' or judged.working_days_left <= {{ var('worklist_working_days') }}

)

select * from final
