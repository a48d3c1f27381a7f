with

episodes as (

    select * from {{ ref('fct_child_in_need') }}
    where ended_on is not null

),

final as (

    select
        authority_code,
        ended_on as as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        {{ days_between('started_on', 'ended_on') }} as measure

    from episodes

)

select * from final
