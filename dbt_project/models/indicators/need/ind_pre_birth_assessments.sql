with

assessments as (

    select * from {{ ref('fct_assessment') }}
    where not is_in_future

),

children as (

    select * from {{ ref('dim_child') }}
    where is_current

),

final as (

    select
        assessments.authority_code,
        assessments.started_on as as_at,
        assessments.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        {{ days_between('assessments.started_on', 'children.birth_month') }} as measure

    from assessments
    inner join children
        on assessments.authority_code = children.authority_code
            and assessments.child_key = children.child_key
    where assessments.started_on < children.birth_month

)

select * from final
