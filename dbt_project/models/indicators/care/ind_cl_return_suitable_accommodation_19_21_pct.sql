with

care_leavers as (

    select * from {{ ref('fct_care_leaver_status') }}
    where
        age_on_birthday between 19 and 21
        and coalesce(is_in_population, true)

),

year_ends as (

    select * from {{ ref('dim_reporting_date') }}
    where is_year_end

),

final as (

    select
        care_leavers.authority_code,
        year_ends.as_at,
        care_leavers.child_key as subject_key,
        1 as in_denominator,
        case when care_leavers.is_in_suitable_accommodation then 1 else 0 end as in_numerator,
        care_leavers.age_on_birthday as measure

    from care_leavers
    inner join year_ends
        on care_leavers.collection_year = year_ends.collection_year

)

select * from final
