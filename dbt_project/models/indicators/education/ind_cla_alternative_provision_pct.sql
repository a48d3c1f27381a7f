with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where school_known_by <> 'none'

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when school_phase_code in ('pru', 'alternative') then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from pupils

)

select * from final
