with

answers as (

    select * from {{ ref('fct_health_return') }}
    where is_eligible_for_health_check and is_health_check_up_to_date is not null

),

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}
    where is_twelve_months

),

final as (

    select
        answers.authority_code,
        looked_after.as_at,
        answers.child_key as subject_key,
        1 as in_denominator,
        case when answers.is_health_check_up_to_date then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from answers
    inner join looked_after
        on answers.authority_code = looked_after.authority_code
            and answers.child_key = looked_after.child_key
            and answers.year_ends_on = looked_after.as_at

)

select * from final
