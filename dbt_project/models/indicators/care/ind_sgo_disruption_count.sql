with

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

previous_permanence as (

    select * from {{ ref('fct_previous_permanence') }}
    where previous_permanence_code = 'P2'

),

final as (

    select
        care_periods.authority_code,
        care_periods.started_on as as_at,
        care_periods.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from care_periods
    inner join previous_permanence
        on care_periods.authority_code = previous_permanence.authority_code
            and care_periods.child_key = previous_permanence.child_key
            and {{ collection_year_of('care_periods.started_on') }} = previous_permanence.collection_year

)

select * from final
