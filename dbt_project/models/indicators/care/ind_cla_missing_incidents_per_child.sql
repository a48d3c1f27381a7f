with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

gone as (

    select
        spells.authority_code,
        spells.child_key,
        reporting_dates.as_at,
        count(*) as spells

    from {{ ref('fct_missing_spell') }} as spells
    inner join reporting_dates
        on spells.started_on between reporting_dates.financial_year_starts_on and reporting_dates.as_at
    where
        spells.missing_code = 'M'
        and spells.is_looked_after
    group by spells.authority_code, spells.child_key, reporting_dates.as_at

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        spells as in_numerator,
        spells as measure

    from gone

)

select * from final
