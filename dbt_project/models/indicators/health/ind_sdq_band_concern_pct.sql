with

children as (

    select * from {{ ref('fct_looked_after_child_health') }}
    where is_sdq_age and is_twelve_months and sdq_band_code is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when sdq_band_code = 'concern' then 1 else 0 end as in_numerator,
        cast(sdq_score as double) as measure

    from children

)

select * from final
