with

pupils as (

    select * from {{ ref('fct_pupil_term') }}
    where
        permanent_exclusion_count is not null
        and (is_on_roll or permanent_exclusion_count > 0)
        and school_phase_code = 'primary'
        and sen_provision_code in ('K', 'E')

),

final as (

    select
        authority_code,
        as_at,
        pupil_key as subject_key,
        case when is_on_roll then 1 else 0 end as in_denominator,
        permanent_exclusion_count as in_numerator,
        permanent_exclusion_count as measure

    from pupils

)

select * from final
