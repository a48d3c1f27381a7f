with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where suspension_count is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when suspension_count > 0 then 1 else 0 end as in_numerator,
        suspension_count as measure

    from pupils

)

select * from final
