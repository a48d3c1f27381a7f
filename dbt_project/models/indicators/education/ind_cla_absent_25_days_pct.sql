with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where days_missed is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when days_missed >= 25 then 1 else 0 end as in_numerator,
        days_missed as measure

    from pupils

)

select * from final
