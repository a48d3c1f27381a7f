{#- Reviewed on time (once NI 67, still published from the census): of the plans that have run for three months on the
    day, those of which no review of the financial year was late or is overdue on the day. A review concerns the year if
    it was still to be held when the year began. Financial year from 1 April 2016, day 31 March 2017:
      due 20 March 2016, held 30 March 2016        late, but in the year before: does not count
      due 20 March 2016, held 2 April 2016         not on time
      due 31 March 2017, held 1 April 2017         not on time: overdue on the day
      due 1 April 2017, not held                   on time so far -#}
with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

plans as (

    select * from {{ ref('fct_child_protection_plan') }}

),

reviews as (

    select * from {{ ref('fct_child_protection_review') }}

),

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

-- A child is counted once, also where two plans overlap: by the later one.
on_a_plan as (

    select
        plans.*,
        reporting_dates.as_at,
        reporting_dates.financial_year_starts_on

    from plans
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'plans.started_on', 'plans.ended_on') }}
    qualify
        row_number() over (
            partition by plans.authority_code, plans.child_key, reporting_dates.as_at
            order by plans.started_on desc
        ) = 1

),

reviewed as (

    select
        on_a_plan.authority_code,
        on_a_plan.child_key,
        on_a_plan.as_at,
        max(
            case
                when
                    reviews.due_on <= on_a_plan.as_at
                    and reviews.due_on < coalesce(reviews.held_on, cast('9999-12-31' as date))
                    then 1
                else 0
            end
        ) as is_any_late,
        max(case when reviews.timeliness = 'not_known' then 1 else 0 end) as is_any_not_known

    from on_a_plan
    inner join reviews
        on on_a_plan.authority_code = reviews.authority_code
            and on_a_plan.child_key = reviews.child_key
            and on_a_plan.started_on = reviews.plan_started_on
    where coalesce(reviews.held_on, cast('9999-12-31' as date)) >= on_a_plan.financial_year_starts_on
    group by on_a_plan.authority_code, on_a_plan.child_key, on_a_plan.as_at

),

final as (

    select
        on_a_plan.authority_code,
        on_a_plan.as_at,
        on_a_plan.child_key,
        on_a_plan.started_on as plan_started_on,
        {{ age_on('on_a_plan.as_at', 'children.birth_month') }} as age,
        on_a_plan.latest_category_of_abuse_code,
        on_a_plan.latest_category_of_abuse,
        on_a_plan.is_second_or_subsequent,
        {{ days_between('on_a_plan.started_on', 'on_a_plan.as_at') }} as days_on_plan,
        on_a_plan.three_months_on <= on_a_plan.as_at as is_three_months_or_more,
        on_a_plan.two_years_on <= on_a_plan.as_at as is_two_years_or_more,
        case
            when on_a_plan.three_months_on > on_a_plan.as_at then null
            when reviewed.is_any_late = 1 then false
            when reviewed.is_any_not_known = 1 then null
            else true
        end as is_reviewed_on_time,
        looked_after.child_key is not null as is_looked_after

    from on_a_plan

    -- left: no review of the plan concerns the year
    left join reviewed
        on on_a_plan.authority_code = reviewed.authority_code
            and on_a_plan.child_key = reviewed.child_key
            and on_a_plan.as_at = reviewed.as_at

    -- left: few children on a plan are looked after
    left join looked_after
        on on_a_plan.authority_code = looked_after.authority_code
            and on_a_plan.child_key = looked_after.child_key
            and on_a_plan.as_at = looked_after.as_at
    left join children
        on on_a_plan.authority_code = children.authority_code
            and on_a_plan.child_key = children.child_key
            and {{ is_on('on_a_plan.as_at', 'children.valid_from', 'children.valid_to') }}

)

select * from final
