{#- Is everything an indicator rests on in force for the whole of a period? A dataset that comes by collection year
    must be there for each year the period touches: children who left in a year that was not delivered would be missing, not
    absent. So the twelve months to 30 June 2017 need the years 2017 and 2018, those to 31 March 2017 need one.
    A list that tells only of the last months before it was drawn must reach back to the period's first day: one of six
    months drawn on 31 May knows of December and of the quarter to March, and not of November.
    Register marks must have every month of the period with a school day in it; what stands on a day, every such month
    of the school year so far. -#}
with

definitions as (

    select * from {{ ref('indicator') }}

),

periods as (

    select * from {{ ref('int_indicator_periods') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

terms as (

    select * from {{ ref('dim_school_term') }}

),

attendance_months as (

    select * from {{ ref('fct_attendance_partition') }}

),

files_in_force as (

    select
        authority_code,
        dataset,
        collection_year,
        max(extract_date) as extract_date

    from {{ ref('dim_extract') }}
    group by authority_code, dataset, collection_year

),

authorities as (

    select distinct authority_code

    from files_in_force

),

datasets as (

    select distinct dataset

    from files_in_force

),

needed as (

    select
        definitions.indicator_id,
        datasets.dataset

    from definitions
    inner join datasets
        on {{ dbt.position("concat(' ', datasets.dataset, ' ')", "concat(' ', definitions.datasets, ' ')") }} > 0

),

spans as (

    select distinct
        periods.as_at,
        periods.period,
        periods.starts_on,
        {{ collection_year_of('periods.starts_on') }} as first_year,
        reporting_dates.collection_year as last_year,
        case
            when periods.period = 'snapshot' then reporting_dates.school_year_starts_on
            else periods.starts_on
        end as marks_from

    from periods
    inner join reporting_dates
        on periods.as_at = reporting_dates.as_at

),

-- Lists as a whole: in force or not, whatever the day, unless they reach back only so far.
whole_lists as (

    select
        files_in_force.authority_code,
        files_in_force.dataset,
        spans.as_at,
        spans.period

    from files_in_force
    cross join spans
    where
        files_in_force.collection_year is null
        and files_in_force.dataset <> 'attendance'
        and case files_in_force.dataset
            {%- for dataset, months in var('months_recent_lists_reach_back').items() %}
                when '{{ dataset }}' then spans.starts_on >= {{ add_months('files_in_force.extract_date', -months) }}
            {%- endfor %}
            else true
        end

),

yearly_lists as (

    select
        files_in_force.authority_code,
        files_in_force.dataset,
        spans.as_at,
        spans.period

    from files_in_force
    inner join spans
        on files_in_force.collection_year between spans.first_year and spans.last_year
    group by
        files_in_force.authority_code,
        files_in_force.dataset,
        spans.as_at,
        spans.period,
        spans.first_year,
        spans.last_year
    having count(*) = spans.last_year - spans.first_year + 1

),

months as (

    select distinct cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_starts_on

    from {{ ref('dim_date') }}

),

school_months as (

    select distinct
        terms.authority_code,
        spans.as_at,
        spans.period,
        months.month_starts_on

    from spans
    inner join months
        on months.month_starts_on between spans.marks_from and spans.as_at
    inner join terms
        on least({{ last_day_of_month('months.month_starts_on') }}, spans.as_at) >= terms.first_day
            and months.month_starts_on <= terms.last_day

),

missing_months as (

    select
        school_months.authority_code,
        school_months.as_at,
        school_months.period,
        count(*) as months

    from school_months
    left join attendance_months
        on school_months.authority_code = attendance_months.authority_code
            and school_months.month_starts_on = attendance_months.session_month
            and attendance_months.rows_in_force > 0
    where attendance_months.authority_code is null
    group by school_months.authority_code, school_months.as_at, school_months.period

),

register_marks as (

    select
        files_in_force.authority_code,
        files_in_force.dataset,
        spans.as_at,
        spans.period

    from files_in_force
    cross join spans

    -- left: none is missing
    left join missing_months
        on files_in_force.authority_code = missing_months.authority_code
            and spans.as_at = missing_months.as_at
            and spans.period = missing_months.period
    where files_in_force.dataset = 'attendance' and missing_months.months is null

),

in_force as (

    select * from whole_lists
    union all
    select * from yearly_lists
    union all
    select distinct * from register_marks

),

covered as (

    select
        needed.indicator_id,
        in_force.authority_code,
        in_force.as_at,
        in_force.period,
        count(*) as datasets

    from needed
    inner join in_force
        on needed.dataset = in_force.dataset
    group by needed.indicator_id, in_force.authority_code, in_force.as_at, in_force.period

),

final as (

    select
        cast(
            row_number() over (order by authorities.authority_code, periods.indicator_id, periods.as_at, periods.period)
            as integer
        ) as figure_number,
        authorities.authority_code,
        periods.indicator_id,
        periods.counts,
        periods.as_at,
        periods.period,
        periods.starts_on,
        -- as many datasets as there are words
        coalesce(covered.datasets, 0)
        = length(definitions.datasets) - length(replace(definitions.datasets, ' ', '')) + 1
        and (
            definitions.valid_from is null
            or definitions.valid_from
            <= case periods.counted when 'by_event' then periods.starts_on else periods.as_at end
        )
        and (definitions.valid_to is null or definitions.valid_to >= periods.as_at) as is_known

    from periods
    inner join definitions
        on periods.indicator_id = definitions.indicator_id
    cross join authorities

    -- left: a dataset without files
    left join covered
        on authorities.authority_code = covered.authority_code
            and periods.indicator_id = covered.indicator_id
            and periods.as_at = covered.as_at
            and periods.period = covered.period

)

select * from final
