with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where school_year_group in (6, 11)

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from pupils

)

select * from final
