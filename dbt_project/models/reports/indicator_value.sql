{{ config(materialized='table', schema='marts', access='public') }}

{#- Dimension and the column of `cells` it is read from. One way at a time: no slice of a slice. -#}
{%- set dimensions = ['sex', 'age_band', 'ethnic_group', 'placement_group'] -%}

with

definitions as (

    select * from {{ ref('indicator') }}

),

subjects as (

    select * from {{ ref('indicator_subject') }}

),

reporting_dates as (

    select * from {{ ref('dim_reporting_date') }}

),

members as (

    select * from {{ ref('dim_indicator_member') }}

),

benchmarks as (

    select * from {{ ref('dim_indicator_benchmark') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

placement_types as (

    select * from {{ ref('dim_placement_type') }}

),

files_in_force as (

    select distinct
        authority_code,
        dataset,
        collection_year

    from {{ ref('dim_extract') }}

),

-- What is there: each subject with what it is sliced by, on the day.

identified as (

    select
        subjects.indicator_id,
        subjects.authority_code,
        subjects.as_at,
        subjects.period,
        subjects.subject_key,
        subjects.in_denominator,
        subjects.in_numerator,
        case when definitions.subject = 'pupil' then subjects.subject_key end as pupil_key

    from subjects
    inner join definitions
        on subjects.indicator_id = definitions.indicator_id

),

linked as (

    select
        identified.indicator_id,
        identified.authority_code,
        identified.as_at,
        identified.period,
        -- a pupil whom nothing links to a child is a child of its own
        coalesce(links.child_key, identified.subject_key) as child_key,
        case when identified.pupil_key is null then identified.subject_key end as child_in_care_key,
        identified.in_denominator,
        identified.in_numerator

    from identified

    -- left: only pupils have a link
    left join links
        on identified.authority_code = links.authority_code
            and identified.pupil_key = links.pupil_key

),

described as (

    select
        linked.indicator_id,
        linked.authority_code,
        linked.as_at,
        linked.period,
        children.sex_code as sex,
        {{ age_on('linked.as_at', 'children.birth_month') }} as age,
        children.ethnic_group,
        placement_types.placement_group,
        linked.in_denominator,
        linked.in_numerator

    from linked

    -- left: unknown is a member of its own, and a pupil is in no placement
    left join children
        on linked.authority_code = children.authority_code
            and linked.child_key = children.child_key
            and {{ is_on('linked.as_at', 'children.valid_from', 'children.valid_to') }}
    left join looked_after
        on linked.authority_code = looked_after.authority_code
            and linked.as_at = looked_after.as_at
            and linked.child_in_care_key = looked_after.child_key
    left join placement_types
        on looked_after.placement_type_code = placement_types.placement_type_code

),

banded as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        coalesce(sex, 'unknown') as sex,
        case
            when age < 0 then 'unknown'
            when age < 1 then '0'
            when age < 5 then '1'
            when age < 10 then '5'
            when age < 16 then '10'
            when age >= 16 then '16'
            else 'unknown'
        end as age_band,
        coalesce(ethnic_group, 'unknown') as ethnic_group,
        coalesce(placement_group, 'unknown') as placement_group,
        in_denominator,
        in_numerator

    from described

),

-- All that the slices are sums of: some hundred cells of an indicator and day instead of every pupil, five times.
cells as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        sex,
        age_band,
        ethnic_group,
        placement_group,
        sum(in_denominator) as denominator,
        sum(in_numerator) as numerator

    from banded
    group by
        indicator_id,
        authority_code,
        as_at,
        period,
        sex,
        age_band,
        ethnic_group,
        placement_group

),

slices as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        'all' as dimension,
        'all' as source_value,
        denominator,
        numerator

    from cells
    {%- for dimension in dimensions %}
        union all
        select
            indicator_id,
            authority_code,
            as_at,
            period,
            '{{ dimension }}' as dimension,
            {{ dimension }} as source_value,
            denominator,
            numerator

        from cells
    {%- endfor %}

),

counted as (

    select
        slices.indicator_id,
        slices.authority_code,
        slices.as_at,
        slices.period,
        slices.dimension,
        coalesce(members.member, 'unknown') as member,
        sum(slices.denominator) as denominator,
        sum(slices.numerator) as numerator

    from slices

    -- left: a value outside the list counts as unknown; a test asks for it
    left join members
        on slices.dimension = members.dimension
            and slices.source_value = members.source_value
    group by
        slices.indicator_id,
        slices.authority_code,
        slices.as_at,
        slices.period,
        slices.dimension,
        coalesce(members.member, 'unknown')

),

-- What should be there: every member has its row, also when no child is behind it.

periods as (

    {%- for period in ['snapshot', 'month', 'quarter', 'year_to_date', 'school_year_to_date', 'rolling_12_months'] %}
        select '{{ period }}' as period
        {{- '\n    union all' if not loop.last }}
    {%- endfor %}

),

authorities as (

    select distinct authority_code from files_in_force

),

distinct_members as (

    select
        dimension,
        member,
        min(member_label) as member_label

    from members
    group by dimension, member

),

expected as (

    select
        definitions.indicator_id,
        definitions.definition_version,
        definitions.unit,
        definitions.decimals,
        definitions.direction,
        definitions.datasets,
        definitions.valid_from,
        authorities.authority_code,
        reporting_dates.as_at,
        reporting_dates.collection_year,
        periods.period,
        case
            when periods.period = 'school_year_to_date' then reporting_dates.is_school_year_closed
            else reporting_dates.is_financial_year_closed
        end as is_closed,
        distinct_members.dimension,
        distinct_members.member,
        distinct_members.member_label

    from definitions
    inner join periods
        on {{ dbt.position("concat(' ', periods.period, ' ')", "concat(' ', definitions.periods, ' ')") }} > 0
    cross join authorities
    cross join reporting_dates
    inner join distinct_members
        on
            definitions.subject in ('looked_after_child', 'child', 'care_leaver')
            or distinct_members.dimension <> 'placement_group'

),

-- Is everything the indicator rests on in force for the day? A dataset that comes by collection year must be there for
-- the day's own: children who left in a year that was not delivered would be missing, not absent.
covered as (

    select
        definitions.indicator_id,
        files_in_force.authority_code,
        reporting_dates.as_at,
        count(distinct files_in_force.dataset) as covered_datasets

    from definitions
    cross join reporting_dates
    inner join files_in_force
        on {{ dbt.position("concat(' ', files_in_force.dataset, ' ')", "concat(' ', definitions.datasets, ' ')") }} > 0
            and (
                files_in_force.collection_year is null
                or reporting_dates.collection_year = files_in_force.collection_year
            )
    group by definitions.indicator_id, files_in_force.authority_code, reporting_dates.as_at

),

measured as (

    select
        expected.*,
        -- as many datasets as there are words
        coalesce(covered.covered_datasets, 0)
        = length(expected.datasets) - length(replace(expected.datasets, ' ', '')) + 1
        and (expected.valid_from is null or expected.valid_from <= expected.as_at) as is_known,
        coalesce(counted.numerator, 0) as numerator,
        coalesce(counted.denominator, 0) as denominator

    from expected

    -- left: a member without children, a dataset without files
    left join counted
        on expected.indicator_id = counted.indicator_id
            and expected.authority_code = counted.authority_code
            and expected.as_at = counted.as_at
            and expected.period = counted.period
            and expected.dimension = counted.dimension
            and expected.member = counted.member
    left join covered
        on expected.indicator_id = covered.indicator_id
            and expected.authority_code = covered.authority_code
            and expected.as_at = covered.as_at

),

valued as (

    select
        measured.*,
        case
            when not is_known then null
            when unit = 'count' then cast(numerator as double)
            when denominator = 0 then null
            when unit = 'percent' then cast(numerator as double) * 100 / denominator
            when unit = 'per_10k' then cast(numerator as double) * 10000 / denominator
            when unit in ('mean_days', 'mean') then cast(numerator as double) / denominator
        end as indicator_value

    from measured

),

benchmarked as (

    select
        authority_code,
        indicator_id,
        collection_year,
        dimension,
        member,
        max(case when benchmark = 'target' then benchmark_value end) as target,
        max(case when benchmark = 'target' then coalesce(amber_margin, 0) end) as amber_margin,
        max(case when benchmark = 'statistical_neighbour' then benchmark_value end) as statistical_neighbour,
        max(case when benchmark = 'england' then benchmark_value end) as england

    from benchmarks
    where is_used and shown_as = 'value'
    group by authority_code, indicator_id, collection_year, dimension, member

),

compared as (

    select
        valued.*,
        benchmarked.target,
        benchmarked.amber_margin,
        benchmarked.statistical_neighbour,
        benchmarked.england,
        lag(valued.indicator_value) over (
            partition by
                valued.authority_code,
                valued.indicator_id,
                valued.definition_version,
                valued.period,
                valued.dimension,
                valued.member
            order by valued.as_at
        ) as previous

    from valued

    -- left: few indicators have a target
    left join benchmarked
        on valued.dimension = benchmarked.dimension
            and valued.member = benchmarked.member
            and valued.authority_code = benchmarked.authority_code
            and valued.indicator_id = benchmarked.indicator_id
            and valued.collection_year = benchmarked.collection_year

),

final as (

    select
        -- identifiers
        authority_code,
        indicator_id,
        definition_version,
        as_at,
        period,
        dimension,
        member,
        member_label,

        -- measures
        case when is_known then cast(numerator as bigint) end as numerator,
        case when is_known and unit <> 'count' then cast(denominator as bigint) end as denominator,
        cast(indicator_value as double) as value,
        {{ display_number('indicator_value', 'decimals') }} as display,
        unit,

        -- how far to trust it
        case when is_closed then 'final' else 'provisional' end as finality,
        case when indicator_value is null then 'not_available' else 'open' end as disclosure,

        -- what to hold it against
        target,
        case
            when target is null or indicator_value is null or direction = 'none' then null
            when direction = 'high' and indicator_value >= target then 'green'
            when direction = 'high' and indicator_value >= target - amber_margin then 'amber'
            when direction = 'low' and indicator_value <= target then 'green'
            when direction = 'low' and indicator_value <= target + amber_margin then 'amber'
            else 'red'
        end as rag,
        statistical_neighbour,
        england,
        previous,
        direction

    from compared

)

select * from final
