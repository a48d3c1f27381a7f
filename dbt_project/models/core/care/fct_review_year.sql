{#- Which reviews of a financial year a child is judged by. A child counts only if all of them were on time.

    At 31 March 2017, the year being 1 April 2016 to 31 March 2017:
    - Due on 1 June and 1 December, both held in time: all on time. One of them a day late, or not held: not all.
    - Due on 31 March 2016 and held late on 5 April 2016: the year began with it unheld, so it counts into this year
      too. Had it been held on 31 March 2016 or before, it would be a matter of last year.
    - Due on 1 February 2016 and never held: owed all through the year. Without this rule nothing would fall due in
      the year, since the next clock starts when a review is held, and the worst case would drop out.
    - Due on 1 June 2016, brought forward to 20 March 2016: due in the year, and on time.
    - Due on 10 April 2017, held on 20 March 2017: held in the year, but not yet due in it.
    - Care began on 20 March 2017: the first review is due on 19 April, so nothing can be said yet; that leaves out
      those looked after for less than four weeks, also where an earlier period of care had reviews in the year.
    - Left in June 2016 with a review overdue, back in care in September: the overdue one fell due in the year and
      counts. Left in February 2016 with it overdue: it was owed no longer when the year began. -#}
with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

reviews as (

    select * from {{ ref('fct_review') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

children as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key,
        looked_after.period_of_care_started_on,
        reporting_dates.financial_year_starts_on

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at

),

judged as (

    select
        children.authority_code,
        children.as_at,
        children.child_key,
        reviews.review_number = 1
        and reviews.period_of_care_started_on = children.period_of_care_started_on
        and reviews.due_on <= children.as_at as is_first_due,
        reviews.due_on between children.financial_year_starts_on and children.as_at as is_due,
        reviews.due_on < children.financial_year_starts_on
        and (reviews.held_on is null or reviews.held_on >= children.financial_year_starts_on)
        and (care_periods.ended_on is null or care_periods.ended_on > children.financial_year_starts_on)
            as is_carried_over,
        reviews.timeliness = 'on_time' as is_on_time,
        reviews.held_on between children.financial_year_starts_on and children.as_at as is_held,
        -- under four a child is not asked
        reviews.participation_code = 'PN0' as is_too_young,
        reviews.is_participated

    from children
    inner join reviews
        on children.authority_code = reviews.authority_code
            and children.child_key = reviews.child_key

    -- left: a review held outside care is in no period
    left join care_periods
        on reviews.authority_code = care_periods.authority_code
            and reviews.child_key = care_periods.child_key
            and reviews.period_of_care_started_on = care_periods.started_on

),

counted as (

    select
        authority_code,
        as_at,
        child_key,
        max(case when is_first_due then 1 else 0 end) = 1 as is_first_review_due,
        sum(case when is_due then 1 else 0 end) as reviews_due_count,
        sum(case when is_carried_over then 1 else 0 end) as reviews_carried_over_count,
        sum(case when is_due and is_on_time then 1 else 0 end) as reviews_on_time_count,
        sum(case when is_held then 1 else 0 end) as reviews_held_count,
        sum(case when is_held and is_participated then 1 else 0 end) as reviews_participated_count,
        sum(case when is_held and not is_participated then 1 else 0 end) as reviews_not_participated_count,
        sum(
            case when is_held and is_participated is null and not coalesce(is_too_young, false) then 1 else 0 end
        ) as reviews_participation_unknown_count

    from judged
    group by authority_code, as_at, child_key

),

final as (

    select
        -- identifiers
        children.authority_code,
        children.as_at,
        children.child_key,
        children.period_of_care_started_on,

        -- on time
        coalesce(counted.is_first_review_due, false) as is_first_review_due,
        cast(coalesce(counted.reviews_due_count, 0) as integer) as reviews_due_count,
        cast(coalesce(counted.reviews_carried_over_count, 0) as integer) as reviews_carried_over_count,
        cast(coalesce(counted.reviews_on_time_count, 0) as integer) as reviews_on_time_count,
        case
            when counted.is_first_review_due and counted.reviews_due_count + counted.reviews_carried_over_count > 0
                then
                    counted.reviews_carried_over_count = 0
                    and counted.reviews_on_time_count = counted.reviews_due_count
        end as is_every_review_on_time,

        -- taking part
        cast(coalesce(counted.reviews_held_count, 0) as integer) as reviews_held_count,
        cast(coalesce(counted.reviews_participated_count, 0) as integer) as reviews_participated_count,
        cast(coalesce(counted.reviews_not_participated_count, 0) as integer) as reviews_not_participated_count,
        case
            when counted.reviews_not_participated_count > 0 then false
            when counted.reviews_participation_unknown_count > 0 then null
            when counted.reviews_participated_count > 0 then true
        end as is_participated_in_all,
        case
            when counted.reviews_participated_count > 0 then true
            when counted.reviews_participation_unknown_count > 0 then null
            when counted.reviews_not_participated_count > 0 then false
        end as is_participated_in_any

    from children

    -- left: who is new has no review yet
    left join counted
        on children.authority_code = counted.authority_code
            and children.as_at = counted.as_at
            and children.child_key = counted.child_key

)

select * from final
