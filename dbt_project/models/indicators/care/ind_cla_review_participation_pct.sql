with

review_years as (

    select * from {{ ref('fct_review_year') }}

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_participated_in_all then 1 else 0 end as in_numerator,
        reviews_held_count as measure

    from review_years
    where is_participated_in_all is not null

)

select * from final
