with

interviews as (

    select * from {{ ref('fct_return_interview') }}
    where timeliness in ('on_time', 'late', 'refused', 'overdue')

),

final as (

    select
        authority_code,
        cast(returned_at as date) as as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when timeliness = 'on_time' then 1 else 0 end as in_numerator,
        hours_to_interview as measure

    from interviews

)

select * from final
