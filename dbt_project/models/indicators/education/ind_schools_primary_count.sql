with

schools as (

    select
        *,
        coalesce(opened_on, cast('1900-01-01' as date)) as open_from

    from {{ ref('dim_school') }}
    where
        not is_inferred
        and located_in_authority_code = authority_code
        and phase_code = 'primary'

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

final as (

    select
        schools.authority_code,
        reporting_dates.as_at,
        cast(schools.school_urn as bigint) as subject_key,
        1 as in_denominator,
        1 as in_numerator,
        cast(null as double) as measure

    from schools
    inner join reporting_dates
        on {{ is_on('reporting_dates.as_at', 'schools.open_from', 'schools.closed_on') }}

)

select * from final
