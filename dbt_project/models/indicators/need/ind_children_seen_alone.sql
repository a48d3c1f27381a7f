with

nights as (

    select * from {{ ref('dim_reporting_date') }}
    where is_night

),

children as (

    select plans.*

    from {{ ref('fct_child_on_protection_plan') }} as plans
    inner join nights
        on plans.as_at = nights.as_at

),


visits as (

    select * from {{ ref('fct_visit') }}
    where
        visit_kind = 'child_protection'
        and is_latest
        and not is_in_future
        and is_child_seen_alone is not null

),

final as (

    select
        children.authority_code,
        children.as_at,
        children.child_key as subject_key,
        1 as in_denominator,
        case when visits.is_child_seen_alone then 1 else 0 end as in_numerator,
        visits.days_since_visit as measure

    from children

    inner join visits
        on children.authority_code = visits.authority_code
            and children.child_key = visits.child_key

)

select * from final
