with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where possible_sessions is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_persistently_absent then 1 else 0 end as in_numerator,
        cast(absent_sessions as double) * 100 / nullif(possible_sessions, 0) as measure

    from pupils

)

select * from final
