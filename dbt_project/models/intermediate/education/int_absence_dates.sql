with

partitions as (

    select
        authority_code,
        {{ school_year_of('session_month') }} as school_year

    from {{ ref('fct_attendance_partition') }}

),

school_years as (

    select distinct
        authority_code,
        school_year

    from partitions

),

reporting_dates as (

    select
        as_at,
        school_year

    from {{ ref('dim_reporting_date') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

year_ends as (

    select
        school_years.authority_code,
        school_years.school_year,
        cast(
            concat(cast(school_years.school_year + 1 as {{ dbt.type_string() }}), '-08-31') as date
        ) as as_at

    from school_years

),

dates as (

    select
        school_years.authority_code,
        school_years.school_year,
        reporting_dates.as_at

    from school_years
    inner join reporting_dates
        on school_years.school_year = reporting_dates.school_year
    union
    select
        year_ends.authority_code,
        year_ends.school_year,
        year_ends.as_at

    from year_ends
    inner join night
        on year_ends.as_at <= night.as_at

),

half_terms as (

    select
        dates.authority_code,
        dates.as_at,
        max(terms.half_term) as half_term

    from dates
    inner join {{ ref('dim_school_term') }} as terms
        on dates.authority_code = terms.authority_code
            and dates.school_year = terms.school_year
            and dates.as_at >= terms.last_day
    group by dates.authority_code, dates.as_at

),

final as (

    select
        dates.authority_code,
        dates.as_at,
        dates.school_year,
        {{ half_term_judged('dates.school_year', 'half_terms.half_term') }} as half_term

    from dates

    -- left: no half-term has ended yet, or the list of terms does not know the year
    left join half_terms
        on dates.authority_code = half_terms.authority_code
            and dates.as_at = half_terms.as_at

)

select * from final
