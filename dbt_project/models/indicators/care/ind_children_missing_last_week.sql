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

    from {{ ref('fct_missing_spell') }} as spells
    inner join reporting_dates
        on spells.started_on <= reporting_dates.as_at
            and (
                spells.started_on > {{ add_days('reporting_dates.as_at', -7) }}
                or coalesce(spells.ended_on > {{ add_days('reporting_dates.as_at', -6) }}, true)
            )
    where
        spells.missing_code = 'M'
        and spells.is_looked_after
    group by spells.authority_code, reporting_dates.as_at, spells.child_key

)

select * from final
