with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where
        is_twelve_months
        and is_persistently_absent is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_persistently_absent then 1 else 0 end as in_numerator,
        absent_sessions as measure

    from pupils

)

select * from final
