with

pupils as (

    select * from {{ ref('fct_looked_after_pupil') }}
    where is_school_in_authority is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_school_in_authority then 0 else 1 end as in_numerator,
        cast(null as double) as measure

    from pupils

)

select * from final
