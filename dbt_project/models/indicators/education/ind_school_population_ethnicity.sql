with

pupils as (

    select * from {{ ref('fct_pupil_term') }}
    where
        is_on_roll
        and ethnicity_code not in ('unknown', 'REFU', 'NOBT')

),

final as (

    select
        authority_code,
        as_at,
        pupil_key as subject_key,
        1 as in_denominator,
        case when ethnicity_code <> 'WBRI' then 1 else 0 end as in_numerator,
        cast(null as double) as measure

    from pupils

)

select * from final
