with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        assessments.authority_code,
        reporting_dates.as_at,
        assessments.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        max({{ days_between('assessments.due_on', 'reporting_dates.as_at') }}) as measure

    from {{ ref('fct_assessment') }} as assessments
    inner join reporting_dates
        on assessments.due_on < reporting_dates.as_at
            and coalesce(assessments.authorised_on > reporting_dates.as_at, true)
    group by assessments.authority_code, reporting_dates.as_at, assessments.child_key

)

select * from final
