with

review_years as (

    select * from {{ ref('fct_review_year') }}
    where is_every_review_on_time is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_every_review_on_time then 1 else 0 end as in_numerator,
        reviews_due_count + reviews_carried_over_count - reviews_on_time_count as measure

    from review_years

)

select * from final
