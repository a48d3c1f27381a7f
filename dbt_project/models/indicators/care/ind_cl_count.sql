with

care_leavers as (

    select * from {{ ref('fct_care_leaver') }}
    where is_supported

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        age as measure

    from care_leavers

)

select * from final
