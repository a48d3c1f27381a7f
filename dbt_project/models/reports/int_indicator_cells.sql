{#- One scan of the subjects for all slices of a kind of subject: a grouping set each, one way at a time. -#}
{%- set everybody = ['sex', 'age_band', 'ethnic_group'] -%}
{%- set children = everybody + ['team'] -%}
{%- set looked_after = children + [
    'placement_type', 'placement_group', 'placement_location', 'unaccompanied', 'twelve_months',
] -%}
{%- set dimensions_of = {
    'pupil': everybody, 'child': children, 'care_leaver': children, 'looked_after_child': looked_after,
} -%}

with

definitions as (

    select * from {{ ref('indicator') }}

),

on_their_day as (

    select
        subjects.indicator_id,
        definitions.subject,
        definitions.counted,
        subjects.authority_code,
        subjects.as_at,
        subjects.period,
        subjects.subject_key,
        subjects.as_at as told_on,
        subjects.in_denominator,
        subjects.in_numerator

    from {{ ref('indicator_subject') }} as subjects
    inner join definitions
        on subjects.indicator_id = definitions.indicator_id
    where definitions.counted = 'on_day'

),

in_their_periods as (

    select
        events.indicator_id,
        definitions.subject,
        definitions.counted,
        events.authority_code,
        events.as_at,
        events.period,
        events.subject_key,
        events.happened_on as told_on,
        events.in_denominator,
        events.in_numerator

    from {{ ref('int_indicator_events') }} as events
    inner join definitions
        on events.indicator_id = definitions.indicator_id

),

counted as (

    select * from on_their_day
    union all
    select * from in_their_periods

),

slices as (

    select * from {{ ref('int_indicator_slices') }}

),
{% for subject, dimensions in dimensions_of.items() %}
{{ subject }}_cells as (

    select
        counted.indicator_id,
        counted.authority_code,
        counted.as_at,
        counted.period,
        case
            {%- for dimension in dimensions %}
            when grouping(slices.{{ dimension }}) = 0 then '{{ dimension }}'
            {%- endfor %}
            else 'all'
        end as dimension,
        coalesce(
            {%- for dimension in dimensions %}
            slices.{{ dimension }},
            {%- endfor %}
            'all'
        ) as source_value,
        sum(counted.in_denominator) as denominator,
        sum(counted.in_numerator) as numerator

    from counted
    inner join slices
        on counted.authority_code = slices.authority_code
            and counted.counted = slices.counted
            and counted.subject_key = slices.subject_key
            and counted.told_on = slices.told_on
    where counted.subject = '{{ subject }}' and slices.subject = '{{ 'pupil' if subject == 'pupil' else 'child' }}'
    group by
        grouping sets (
            (counted.indicator_id, counted.authority_code, counted.as_at, counted.period)
            {%- for dimension in dimensions %},
            (counted.indicator_id, counted.authority_code, counted.as_at, counted.period, slices.{{ dimension }})
            {%- endfor %}
        )

),
{% endfor %}
worker_cells as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        'all' as dimension,
        'all' as source_value,
        sum(in_denominator) as denominator,
        sum(in_numerator) as numerator

    from counted
    where subject = 'worker'
    group by indicator_id, authority_code, as_at, period

),

cells as (
    {% for subject in dimensions_of %}
    select * from {{ subject }}_cells
    union all
    {%- endfor %}
    select * from worker_cells

),

members as (

    select * from {{ ref('dim_indicator_member') }}

),

final as (

    select
        cells.indicator_id,
        cells.authority_code,
        cells.as_at,
        cells.period,
        cells.dimension,
        -- a value outside the list counts as unknown, which a test asks for; teams are what they are called
        case
            when cells.dimension = 'team' then cells.source_value
            else coalesce(members.member, 'unknown')
        end as member,
        cast(sum(cells.denominator) as bigint) as denominator,
        cast(sum(cells.numerator) as bigint) as numerator

    from cells

    -- left: a value outside the list
    left join members
        on cells.dimension = members.dimension
            and cells.source_value = members.source_value
    group by
        cells.indicator_id,
        cells.authority_code,
        cells.as_at,
        cells.period,
        cells.dimension,
        case
            when cells.dimension = 'team' then cells.source_value
            else coalesce(members.member, 'unknown')
        end

)

select * from final
