with

pupils as (

    select * from {{ ref('fct_pupil_term') }}
    where
        suspension_count is not null
        and is_on_roll

),

final as (

    select
        authority_code,
        as_at,
        pupil_key as subject_key,
        1 as in_denominator,
        case when suspension_count > 0 then 1 else 0 end as in_numerator,
        suspension_count as measure

    from pupils

)

select * from final
