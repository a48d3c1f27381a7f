{%- set first_day = var('calendar_first_day') %}
{%- set last_day = var('calendar_last_day') %}
{%- set days = (
    modules.datetime.date.fromisoformat(last_day) - modules.datetime.date.fromisoformat(first_day)
).days + 1 %}

with

numbers as (

    {{ dbt.generate_series(days) }}

),

days as (

    select {{ add_days("cast('" ~ first_day ~ "' as date)", "cast(generated_number as integer) - 1") }} as date_day

    from numbers

),

bank_holidays as (

    select
        holiday_on,
        holiday_name

    from {{ ref('bank_holiday') }}

),

parts as (

    select
        date_day,
        cast(extract(year from date_day) as integer) as calendar_year,
        cast(extract(month from date_day) as integer) as calendar_month,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start,
        {{ last_day_of_month('date_day') }} as month_end,
        -- counted from a Monday, because the engines number the days of the week differently
        {{ days_between("cast('1900-01-01' as date)", "date_day") }} % 7 + 1 as iso_weekday

    from days

),

years as (

    select
        date_day,
        calendar_year,
        calendar_month,
        month_start,
        month_end,
        iso_weekday,
        {{ collection_year_of('date_day') }} as collection_year,
        -- April to June is the first quarter
        cast(floor(((calendar_month + 8) % 12) / 3.0) as integer) + 1 as financial_quarter,
        case when calendar_month >= 9 then calendar_year else calendar_year - 1 end as school_year

    from parts

),

working as (

    select
        years.*,
        bank_holidays.holiday_name as bank_holiday_name,
        years.iso_weekday >= 6 as is_weekend,
        bank_holidays.holiday_on is not null as is_bank_holiday,
        years.iso_weekday < 6 and bank_holidays.holiday_on is null as is_working_day

    from years

    -- left: most days are no bank holiday
    left join bank_holidays
        on years.date_day = bank_holidays.holiday_on

),

final as (

    select
        date_day,
        calendar_year,
        calendar_month,
        iso_weekday,
        month_start,
        month_end,
        date_day = month_end as is_month_end,
        collection_year,
        {{ year_label('collection_year - 1') }} as financial_year,
        financial_quarter,
        school_year,
        {{ year_label('school_year') }} as school_year_label,
        is_weekend,
        is_bank_holiday,
        bank_holiday_name,
        is_working_day,
        cast(
            sum(case when is_working_day then 1 else 0 end) over (
                order by date_day
                rows between unbounded preceding and current row
            ) as integer
        ) as working_day_number

    from working

)

select * from final
