with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        spells.authority_code,
        reporting_dates.as_at,
        spells.child_key as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        max({{ days_between('spells.started_on', 'reporting_dates.as_at') }}) as measure

    from {{ ref('fct_child_in_need') }} as spells
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'spells.started_on', 'spells.ended_on') }}
    group by spells.authority_code, reporting_dates.as_at, spells.child_key

)

select * from final
