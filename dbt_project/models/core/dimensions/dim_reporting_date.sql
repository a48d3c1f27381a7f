with

night as (

    select as_at as night_on

    from {{ ref('stg_warehouse__night') }}

),

months_back as (

    {%- for months in range(var('indicator_month_ends')) %}
        select {{ months }} as months
        {{- '\n    union all' if not loop.last }}
    {%- endfor %}

),

years_back as (

    {%- for years in range(var('indicator_year_ends')) %}
        select {{ years }} as years
        {{- '\n    union all' if not loop.last }}
    {%- endfor %}

),

-- The day after a month end is the first of a month, so the last complete one is right before tomorrow's month.
month_ends as (

    select
        night.night_on,
        months_back.months,
        {{ add_days(
            add_months(
                "cast(" ~ dbt.date_trunc('month', add_days('night.night_on', 1)) ~ " as date)",
                '-months_back.months'
            ),
            -1
        ) }} as as_at

    from night
    cross join months_back
    where night.night_on is not null

),

newest as (

    select
        night_on,
        {{ add_days('as_at', 1) }} as day_after

    from month_ends
    where months = 0

),

year_ends as (

    select
        newest.night_on,
        {{ add_days(
            add_months(
                add_months("cast(" ~ dbt.date_trunc('year', add_months('newest.day_after', -3)) ~ " as date)", 3),
                '-12 * years_back.years'
            ),
            -1
        ) }} as as_at

    from newest
    cross join years_back

),

reported as (

    select
        night_on,
        as_at

    from month_ends
    union
    select
        night_on,
        as_at

    from year_ends
    union
    select
        night_on,
        night_on as as_at

    from night
    where night_on is not null

),

years as (

    select
        night_on,
        as_at,
        {{ add_days('as_at', 1) }} as day_after,
        {{ add_months("cast(" ~ dbt.date_trunc('year', add_months('as_at', -3)) ~ " as date)", 3) }}
            as financial_year_starts_on,
        {{ add_months("cast(" ~ dbt.date_trunc('year', add_months('as_at', -8)) ~ " as date)", 8) }}
            as school_year_starts_on

    from reported

),

final as (

    select
        as_at,
        extract(day from day_after) = 1 as is_month_end,
        extract(day from day_after) = 1 and extract(month from as_at) in (3, 6, 9, 12) as is_quarter_end,
        extract(day from day_after) = 1 and extract(month from as_at) = 3 as is_year_end,
        extract(day from day_after) = 1 and extract(month from as_at) in (3, 7, 12) as is_term_end,
        as_at = night_on as is_night,
        financial_year_starts_on,
        school_year_starts_on,
        cast(extract(year from financial_year_starts_on) + 1 as integer) as collection_year,
        cast(extract(year from school_year_starts_on) as integer) as school_year,
        {{ add_months('day_after', -12) }} as twelve_months_from,
        {{ add_months('day_after', -6) }} as six_months_from

    from years

)

select * from final
