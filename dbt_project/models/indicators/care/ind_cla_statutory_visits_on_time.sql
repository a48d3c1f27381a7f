with

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

nights as (

    select * from {{ ref('dim_reporting_date') }}
    where is_night

),

visits as (

    select * from {{ ref('fct_visit') }}
    where
        visit_kind = 'looked_after'
        and is_latest
        and not is_in_future

),

final as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        case when visits.days_since_visit <= 42 then 1 else 0 end as in_numerator,
        visits.days_since_visit as measure

    from looked_after
    inner join nights
        on looked_after.as_at = nights.as_at

    -- left: who has not been visited
    left join visits
        on looked_after.authority_code = visits.authority_code
            and looked_after.child_key = visits.child_key
    where looked_after.period_of_care_started_on < {{ add_days('looked_after.as_at', -7) }}

)

select * from final
