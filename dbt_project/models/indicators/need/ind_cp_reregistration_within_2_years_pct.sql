with

plans as (

    select * from {{ ref('fct_child_protection_plan') }}
    where
        is_second_or_subsequent_within_two_years is not null
        and not is_in_future

),

final as (

    select
        authority_code,
        started_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_second_or_subsequent_within_two_years then 1 else 0 end as in_numerator,
        {{ days_between('previous_plan_ended_on', 'started_on') }} as measure

    from plans

)

select * from final
