{#- A figure is final when every return that it rests on is signed off for the year of its day.

    Reviews of March 2017 rest on the SSDA903 return alone: final with that of 2017. The share of children looked after
    who are on a protection plan rests on two: final with the second. Absence of March 2017 belongs to the school year that
    ends in August 2017: final with the school census of 2017, whatever was signed in spring. -#}

with

definitions as (

    select * from {{ ref('indicator') }}

),

returns as (

    select * from {{ ref('dim_statutory_return') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

sign_offs as (

    select * from {{ ref('fct_return_sign_off') }}

),

required as (

    select distinct
        definitions.indicator_id,
        returns.return_code,
        returns.year_ends_in

    from definitions
    inner join returns
        on {{ dbt.position("concat(' ', returns.dataset, ' ')", "concat(' ', definitions.datasets, ' ')") }} > 0

),

counted as (

    select
        indicator_id,
        count(*) as returns

    from required
    group by indicator_id

),

signed as (

    select
        sign_offs.authority_code,
        required.indicator_id,
        reporting_dates.as_at,
        count(*) as returns

    from required
    cross join reporting_dates
    inner join sign_offs
        on required.return_code = sign_offs.return_code
            and sign_offs.return_year = case
                when required.year_ends_in = 3 then reporting_dates.collection_year
                else reporting_dates.school_year + 1
            end
    group by sign_offs.authority_code, required.indicator_id, reporting_dates.as_at

),

final as (

    select
        signed.authority_code,
        signed.indicator_id,
        signed.as_at

    from signed
    inner join counted
        on signed.indicator_id = counted.indicator_id
            and signed.returns = counted.returns

)

select * from final
