with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}
    where is_twelve_months

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

assessments as (

    select * from {{ ref('fct_health_assessment') }}
    where is_done

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        case when count(assessments.seen_on) > 0 then 1 else 0 end as in_numerator,
        count(assessments.seen_on) as measure

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at

    -- left: a child without an assessment is the one we look for
    left join assessments
        on looked_after.authority_code = assessments.authority_code
            and looked_after.child_key = assessments.child_key
            and looked_after.as_at >= assessments.seen_on
            and assessments.seen_on >= case
                when looked_after.age < 5 then reporting_dates.six_months_from
                else reporting_dates.twelve_months_from
            end
    group by looked_after.authority_code, looked_after.as_at, looked_after.child_key

)

select * from final
