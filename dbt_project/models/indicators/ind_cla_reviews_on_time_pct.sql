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

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        'year_to_date' as period,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        -- one late review is enough: all of them must have been on time
        min(case when reviews.timeliness = 'on_time' then 1 else 0 end) as in_numerator,
        sum(case when reviews.timeliness = 'on_time' then 0 else 1 end) as measure

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    inner join reviews
        on looked_after.authority_code = reviews.authority_code
            and looked_after.child_key = reviews.child_key
            and reviews.due_on between reporting_dates.financial_year_starts_on and looked_after.as_at
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

)

select * from final
