with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case
            when distance_band in ('over_20_to_50', 'over_50') and not is_in_authority
                then 1
            else 0
        end as in_numerator,
        months_looked_after as measure

    from looked_after

)

select * from final
