{#- One scan of the subjects for all slices of a kind of subject: a grouping set each, one way at a time.

    Events add up, so they are counted once between two days on which any period begins or ends, and the sums are put
    into the periods: a rolling year is twelve sums, not every event of it again. Where subjects are counted they do not
    add up: a child counts in its period where its last event in it was.
    Pupils are many and their slices few, so that they are looked up as they are counted. -#}
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

periods as (

    select * from {{ ref('int_indicator_periods') }}

),

days as (

    select * from {{ ref('int_indicator_days') }}

),

slices as (

    select * from {{ ref('int_indicator_slices') }}

),

members as (

    select * from {{ ref('dim_indicator_member') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

children as (

    select * from {{ ref('dim_child') }}

),

turns as (

    select starts_on as turns_on

    from periods
    union
    select {{ add_days('as_at', 1) }} as turns_on

    from periods

),

stretches as (

    select
        turns_on as starts_on,
        lead(turns_on) over (order by turns_on) as ends_before

    from turns

),

events as (

    select
        days.indicator_id,
        definitions.subject,
        days.authority_code,
        stretches.starts_on as stands_on,
        'stretch' as period,
        days.subject_key,
        days.happened_on as told_on,
        days.in_denominator,
        days.in_numerator

    from days
    inner join definitions
        on days.indicator_id = definitions.indicator_id
    inner join stretches
        on stretches.starts_on <= days.happened_on
            and days.happened_on < stretches.ends_before
    where definitions.counts = 'events'

),

last_events as (

    select
        days.indicator_id,
        max(definitions.subject) as subject,
        days.authority_code,
        periods.as_at as stands_on,
        periods.period,
        days.subject_key,
        max(days.happened_on) as told_on,
        max(days.most_in_denominator) as in_denominator,
        max(days.most_in_numerator) as in_numerator

    from days
    inner join definitions
        on days.indicator_id = definitions.indicator_id
    inner join periods
        on days.indicator_id = periods.indicator_id
            and days.happened_on between periods.starts_on and periods.as_at
    where definitions.counts = 'subjects'
    group by days.indicator_id, days.authority_code, periods.as_at, periods.period, days.subject_key

),

happened as (

    select * from events
    union all
    select * from last_events

),
{% for subject in (dimensions_of | list) + ['worker'] %}
{{ subject }}_told as (

    select
        subjects.indicator_id,
        'on_day' as counted,
        subjects.authority_code,
        subjects.as_at as stands_on,
        subjects.period,
        subjects.subject_key,
        subjects.as_at as told_on,
        subjects.in_denominator,
        subjects.in_numerator

    from {{ ref('indicator_subject') }} as subjects
    inner join definitions
        on subjects.indicator_id = definitions.indicator_id
    where definitions.counted = 'on_day' and definitions.subject = '{{ subject }}'
    union all
    select
        indicator_id,
        'by_event' as counted,
        authority_code,
        stands_on,
        period,
        subject_key,
        told_on,
        in_denominator,
        in_numerator

    from happened
    where subject = '{{ subject }}'

),
{% endfor %}
pupils as (

    select
        links.authority_code,
        links.pupil_key,
        children.valid_from,
        children.valid_to,
        children.sex_code,
        children.birth_month,
        children.ethnic_group

    from links
    inner join children
        on links.authority_code = children.authority_code
            and links.child_key = children.child_key

),

pupil_ages as (

    select
        pupil_told.indicator_id,
        pupil_told.authority_code,
        pupil_told.stands_on,
        pupil_told.period,
        pupils.sex_code,
        {{ age_on('pupil_told.told_on', 'pupils.birth_month') }} as age,
        pupils.ethnic_group,
        sum(pupil_told.in_denominator) as in_denominator,
        sum(pupil_told.in_numerator) as in_numerator

    from pupil_told

    -- left: unknown is a member of its own
    left join pupils
        on pupil_told.authority_code = pupils.authority_code
            and pupil_told.subject_key = pupils.pupil_key
            and {{ is_on('pupil_told.told_on', 'pupils.valid_from', 'pupils.valid_to') }}
    group by
        pupil_told.indicator_id,
        pupil_told.authority_code,
        pupil_told.stands_on,
        pupil_told.period,
        pupils.sex_code,
        {{ age_on('pupil_told.told_on', 'pupils.birth_month') }},
        pupils.ethnic_group

),

pupil_sliced as (

    select
        indicator_id,
        authority_code,
        stands_on,
        period,
        {{ or_unknown('sex_code') }} as sex,
        {{ age_band('age') }} as age_band,
        {{ or_unknown('ethnic_group') }} as ethnic_group,
        in_denominator,
        in_numerator

    from pupil_ages

),
{% for subject in dimensions_of if subject != 'pupil' %}
{{ subject }}_sliced as (

    select
        told.indicator_id,
        told.authority_code,
        told.stands_on,
        told.period,
        {%- for dimension in dimensions_of[subject] %}
        slices.{{ dimension }},
        {%- endfor %}
        told.in_denominator,
        told.in_numerator

    from {{ subject }}_told as told
    inner join slices
        on told.authority_code = slices.authority_code
            and told.counted = slices.counted
            and told.subject_key = slices.subject_key
            and told.told_on = slices.told_on

),
{% endfor %}
{%- for subject, dimensions in dimensions_of.items() %}
{{ subject }}_cells as (

    select
        indicator_id,
        authority_code,
        stands_on,
        period,
        case
            {%- for dimension in dimensions %}
            when grouping({{ dimension }}) = 0 then '{{ dimension }}'
            {%- endfor %}
            else 'all'
        end as dimension,
        coalesce({{ dimensions | join(', ') }}, 'all') as source_value,
        sum(in_denominator) as denominator,
        sum(in_numerator) as numerator

    from {{ subject }}_sliced
    group by
        grouping sets (
            (indicator_id, authority_code, stands_on, period)
            {%- for dimension in dimensions %},
            (indicator_id, authority_code, stands_on, period, {{ dimension }})
            {%- endfor %}
        )

),
{% endfor %}
cells as (
    {% for subject in dimensions_of %}
    select * from {{ subject }}_cells
    union all
    {%- endfor %}
    select
        indicator_id,
        authority_code,
        stands_on,
        period,
        'all' as dimension,
        'all' as source_value,
        sum(in_denominator) as denominator,
        sum(in_numerator) as numerator

    from worker_told
    group by indicator_id, authority_code, stands_on, period

),

grouped as (

    select
        cells.indicator_id,
        cells.authority_code,
        cells.stands_on,
        cells.period,
        cells.dimension,
        -- a value outside the list counts as unknown, which a test asks for; teams are what they are called
        case cells.dimension when 'team' then cells.source_value else coalesce(members.member, 'unknown') end as member,
        cells.denominator,
        cells.numerator

    from cells

    -- left: a value outside the list
    left join members
        on cells.dimension = members.dimension
            and cells.source_value = members.source_value

),

placed as (

    select
        indicator_id,
        authority_code,
        stands_on as as_at,
        period,
        dimension,
        member,
        denominator,
        numerator

    from grouped
    where period <> 'stretch'
    union all
    select
        grouped.indicator_id,
        grouped.authority_code,
        periods.as_at,
        periods.period,
        grouped.dimension,
        grouped.member,
        grouped.denominator,
        grouped.numerator

    from grouped
    inner join periods
        on grouped.indicator_id = periods.indicator_id
            and grouped.stands_on between periods.starts_on and periods.as_at
    where grouped.period = 'stretch'

),

final as (

    select
        indicator_id,
        authority_code,
        as_at,
        period,
        dimension,
        member,
        cast(sum(denominator) as bigint) as denominator,
        cast(sum(numerator) as bigint) as numerator

    from placed
    group by indicator_id, authority_code, as_at, period, dimension, member

)

select * from final
