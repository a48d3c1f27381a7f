with

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

looked_after as (

    select distinct
        periods.authority_code,
        periods.child_key,
        reporting_dates.as_at

    from {{ ref('fct_care_period') }} as periods
    inner join reporting_dates
        on periods.started_on <= reporting_dates.as_at
            and coalesce(periods.ended_on > reporting_dates.financial_year_starts_on, true)
    where not periods.is_short_break

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
        looked_after.authority_code,
        looked_after.as_at,
        looked_after.child_key as subject_key,
        1 as in_denominator,
        case when gone.child_key is null then 0 else 1 end as in_numerator,
        coalesce(gone.spells, 0) as measure

    from looked_after

    -- left: most were never gone
    left join gone
        on looked_after.authority_code = gone.authority_code
            and looked_after.child_key = gone.child_key
            and looked_after.as_at = gone.as_at

)

select * from final
