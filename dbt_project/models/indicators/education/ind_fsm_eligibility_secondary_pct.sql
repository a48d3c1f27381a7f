with

pupils as (

    select * from {{ ref('fct_pupil_term') }}
    where
        is_on_roll
        and school_phase_code = 'secondary'
        and is_free_school_meals is not null

),

final as (

    select
        authority_code,
        as_at,
        pupil_key as subject_key,
        1 as in_denominator,
        case when is_free_school_meals then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from pupils

)

select * from final
