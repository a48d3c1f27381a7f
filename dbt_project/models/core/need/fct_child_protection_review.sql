{#- The clock of a child protection plan (Working Together to Safeguard Children): the first review within three months
    of the initial conference, which is the day the plan started, each later one within six months of the one before.
    Months are calendar months; where a month has no such day, its last day counts:
      plan from 30 November 2016      first review by 28 February 2017
      plan from 29 February 2016      first review by 29 May 2016
      review held 31 August 2016      next by 28 February 2017, also if the review of August was brought forward

    Censuses tell of a plan from the first collection year in force on. Of a plan whose first review fell due before
    that year, reviews may be missing: the first one known is on time if held by the statutory day, late if even a review
    on the last day before that year would have asked for it earlier, and otherwise not known. With censuses
    from 1 April 2015 (a review on 31 March 2015 would be followed by one by 30 September 2015):
      plan from 10 May 2014, first review known 8 August 2014      on time
      plan from 10 May 2014, first review known 30 September 2015  not known
      plan from 10 May 2014, first review known 1 October 2015     late
    Annex A tells of the latest review only: one held after the day is late or was preceded by one nobody told of. -#}
with

plans as (

    select * from {{ ref('fct_child_protection_plan') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

censuses as (

    select
        authority_code,
        cast(concat(cast(min(collection_year) - 1 as {{ dbt.type_string() }}), '-04-01') as date) as told_from

    from {{ ref('stg_warehouse__extracts') }}
    where dataset = 'cin_protection_review' and collection_year is not null
    group by authority_code

),

reviews as (

    select
        authority_code,
        child_key,
        plan_started_on,
        held_on,
        'cin_protection_review' as source_dataset,
        1 as precedence,
        source_file,
        source_row

    from {{ ref('int_protection_reviews_in_force') }}

    union all

    select
        authority_code,
        child_key,
        started_on as plan_started_on,
        last_review_on as held_on,
        'annex_a_7_child_protection' as source_dataset,
        2 as precedence,
        source_file,
        source_row

    from {{ of_children(ref('stg_social_care__annex_a_7_child_protection'), 'social_care') }}
    where last_review_on is not null

),

reviews_once as (

    select *

    from reviews
    qualify
        row_number() over (
            partition by authority_code, child_key, plan_started_on, held_on
            order by precedence asc, source_file desc, source_row desc
        ) = 1

),

-- The conference that ends a plan is held on its last day; the one that started it is no review.
placed as (

    select
        reviews_once.*,
        coalesce(
            reviews_once.held_on > plans.started_on
            and reviews_once.held_on <= coalesce(plans.ended_on, cast('9999-12-31' as date)),
            false
        ) as is_of_plan

    from reviews_once

    -- left: a review of a plan that was refused is kept, without a clock
    left join plans
        on reviews_once.authority_code = plans.authority_code
            and reviews_once.child_key = plans.child_key
            and reviews_once.plan_started_on = plans.started_on

),

held as (

    select
        placed.*,
        case
            when is_of_plan
                then
                    row_number() over (
                        partition by authority_code, child_key, plan_started_on, is_of_plan
                        order by held_on
                    )
        end as review_number

    from placed

),

-- What sets the clock of review n + 1: for n = 0 the start of the plan, afterwards the review held.
clock_starts as (

    select
        authority_code,
        child_key,
        started_on as plan_started_on,
        0 as review_number,
        started_on as clock_started_on

    from plans

    union all

    select
        authority_code,
        child_key,
        plan_started_on,
        review_number,
        held_on as clock_started_on

    from held
    where is_of_plan

),

due_by_statute as (

    select
        clock_starts.*,
        case clock_starts.review_number
            when 0
                then
                    {{ add_months(
                        'clock_starts.clock_started_on', var('child_protection_first_review_due_months')
                    ) }}
            else
                {{ add_months('clock_starts.clock_started_on', var('child_protection_later_review_due_months')) }}
        end as due_on

    from clock_starts

),

due as (

    select
        due_by_statute.authority_code,
        due_by_statute.child_key,
        due_by_statute.plan_started_on,
        due_by_statute.review_number + 1 as review_number,
        due_by_statute.due_on,
        case
            when due_by_statute.review_number = 0 and due_by_statute.due_on < censuses.told_from
                then
                    {{ add_months(
                        add_days('censuses.told_from', -1), var('child_protection_later_review_due_months')
                    ) }}
            else due_by_statute.due_on
        end as due_at_the_latest_on

    from due_by_statute

    -- left: an authority may deliver no census
    left join censuses on due_by_statute.authority_code = censuses.authority_code

),

held_timed as (

    select
        held.*,
        due.due_on,
        due.due_at_the_latest_on,
        case
            when due.due_on is null then 'outside_plan'
            when held.held_on <= due.due_on then 'on_time'
            when held.held_on <= due.due_at_the_latest_on then 'not_known'
            when held.source_dataset = 'annex_a_7_child_protection' then 'not_known'
            else 'late'
        end as timeliness

    from held

    -- left: outside the plan there is no clock
    left join due
        on held.authority_code = due.authority_code
            and held.child_key = due.child_key
            and held.plan_started_on = due.plan_started_on
            and held.review_number = due.review_number

),

held_judged as (

    select
        held_timed.authority_code,
        held_timed.child_key,
        held_timed.held_on as review_on,
        true as is_held,
        held_timed.plan_started_on,
        held_timed.review_number,
        case held_timed.timeliness
            when 'on_time' then held_timed.due_on
            when 'late' then held_timed.due_at_the_latest_on
        end as due_on,
        held_timed.held_on,
        held_timed.timeliness,
        held_timed.held_on > night.as_at as is_in_future,
        held_timed.source_dataset,
        held_timed.source_file,
        held_timed.source_row

    from held_timed
    cross join night

),

not_held as (

    select
        due.authority_code,
        due.child_key,
        due.due_at_the_latest_on as review_on,
        false as is_held,
        due.plan_started_on,
        due.review_number,
        due.due_at_the_latest_on as due_on,
        cast(null as date) as held_on,
        case when due.due_at_the_latest_on <= night.as_at then 'overdue' else 'not_yet_due' end as timeliness,
        false as is_in_future,
        cast(null as {{ dbt.type_string() }}) as source_dataset,
        cast(null as {{ dbt.type_string() }}) as source_file,
        cast(null as bigint) as source_row

    from due
    cross join night
    inner join plans
        on due.authority_code = plans.authority_code
            and due.child_key = plans.child_key
            and due.plan_started_on = plans.started_on

    -- left: kept where no such review was held
    left join held
        on due.authority_code = held.authority_code
            and due.child_key = held.child_key
            and due.plan_started_on = held.plan_started_on
            and due.review_number = held.review_number
    where
        held.held_on is null
        -- nothing falls due on or after the day the plan ended
        and {{ is_on('due.due_at_the_latest_on', 'plans.started_on', 'plans.ended_on') }}

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
        plan_started_on,
        cast(review_number as integer) as review_number,
        due_on,
        held_on,

        -- what became of it
        timeliness,
        is_in_future,

        -- lineage
        source_dataset,
        source_file,
        source_row

    from all_reviews

)

select * from final
