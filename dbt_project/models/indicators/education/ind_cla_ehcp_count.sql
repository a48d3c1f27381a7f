with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where sen_provision_code = 'E'

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
