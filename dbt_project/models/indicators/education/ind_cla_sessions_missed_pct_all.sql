with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where possible_sessions > 0

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        possible_sessions as in_denominator,
        absent_sessions as in_numerator,
        cast(absent_sessions as double) * 100 / possible_sessions as measure

    from pupils

)

select * from final
