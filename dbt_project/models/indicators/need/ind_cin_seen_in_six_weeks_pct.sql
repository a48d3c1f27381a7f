with

nights as (

    select * from {{ ref('dim_reporting_date') }}
    where is_night

),

children as (

    select distinct
        spells.authority_code,
        spells.child_key,
        nights.as_at

    from {{ ref('fct_child_in_need') }} as spells
    inner join nights
        on {{ is_on('nights.as_at', 'spells.started_on', 'spells.ended_on') }}

),


visits as (

    select * from {{ ref('fct_visit') }}
    where
        visit_kind = 'child_in_need'
        and is_latest
        and not is_in_future

),

final as (

    select
        children.authority_code,
        children.as_at,
        children.child_key as subject_key,
        1 as in_denominator,
        case when visits.days_since_visit <= 42 then 1 else 0 end as in_numerator,
        visits.days_since_visit as measure

    from children

    -- left: a child nobody is told to have visited
    left join visits
        on children.authority_code = visits.authority_code
            and children.child_key = visits.child_key

)

select * from final
