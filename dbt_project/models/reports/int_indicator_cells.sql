{#- One scan of the subjects for all slices of a kind of subject: a grouping set each, one way at a time.

    Events add up, so they are counted once between two days on which any period begins or ends, and the sums are put
    into the periods: a rolling year is twelve sums, not every event of it again. Where subjects are counted they do not
    add up: a child counts in its period where its last event in it was.
    `place` says where a row is counted: above zero in the figure of that number, below in a stretch between two turns.
    Pupils are many and their slices few, so that they are looked up as they are counted. -#}
{%- set everybody = ['sex', 'age_band', 'ethnic_group'] -%}
{%- set children = everybody + ['team'] -%}
{%- set looked_after = children + [
    'placement_type', 'placement_group', 'placement_location', 'unaccompanied', 'twelve_months',
] -%}
{%- set dimensions_of = {
    'pupil': everybody, 'child': children, 'care_leaver': children, 'looked_after_child': looked_after,
} -%}
{%- set whole_only = ['worker', 'school'] -%}

-- The linter cannot read grouping sets, nor indent what loops write.
-- sqlfluff:ignore:parsing
-- sqlfluff:exclude_rules:LT02,RF03,RF04,ST06,ST07
with

definitions as (

    select * from {{ ref('indicator') }}

),

figures as (

    select * from {{ ref('int_indicator_coverage') }}

),

subjects as (

    select * from {{ ref('int_indicator_subjects') }}

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

    from figures
    union
    select {{ add_days('as_at', 1) }} as turns_on

    from figures

),

stretches as (

    select
        turns_on as starts_on,
        lead(turns_on) over (order by turns_on) as ends_before

    from turns

),

stretch_events as (

    select
        days.*,
        stretches.starts_on

    from days
    inner join definitions
        on days.indicator_id = definitions.indicator_id
    inner join stretches
        on days.happened_on >= stretches.starts_on
            and days.happened_on < stretches.ends_before
    where definitions.counts = 'events'

),

places as (

    select
        indicator_id,
        authority_code,
        starts_on,
        -cast(row_number() over (order by indicator_id, authority_code, starts_on) as integer) as place

    from stretch_events
    group by indicator_id, authority_code, starts_on

),

events as (

    select
        stretch_events.indicator_id,
        places.place,
        stretch_events.authority_code,
        stretch_events.subject_key,
        stretch_events.happened_on as told_on,
        stretch_events.in_denominator,
        stretch_events.in_numerator

    from stretch_events
    inner join places
        on stretch_events.indicator_id = places.indicator_id
            and stretch_events.authority_code = places.authority_code
            and stretch_events.starts_on = places.starts_on

),

last_events as (

    select
        days.indicator_id,
        figures.figure_number as place,
        days.authority_code,
        days.subject_key,
        max(days.happened_on) as told_on,
        max(days.most_in_denominator) as in_denominator,
        max(days.most_in_numerator) as in_numerator

    from days
    inner join figures
        on days.indicator_id = figures.indicator_id
            and days.authority_code = figures.authority_code
            and days.happened_on between figures.starts_on and figures.as_at
    where figures.counts = 'subjects'
    group by days.indicator_id, figures.figure_number, days.authority_code, days.subject_key

),

every_event as (

    select * from events
    union all
    select * from last_events

),

happened as (

    select
        every_event.*,
        definitions.subject

    from every_event
    inner join definitions
        on every_event.indicator_id = definitions.indicator_id

),
{% for subject in (dimensions_of | list) + whole_only %}
{{ subject }}_told as (

    select
        subjects.figure_number as place,
        'on_day' as counted,
        figures.authority_code,
        subjects.subject_key,
        figures.as_at as told_on,
        subjects.in_denominator,
        subjects.in_numerator

    from subjects
    inner join figures
        on subjects.figure_number = figures.figure_number
    inner join definitions
        on figures.indicator_id = definitions.indicator_id
    where definitions.counted = 'on_day' and definitions.subject = '{{ subject }}'
    union all
    select
        place,
        'by_event' as counted,
        authority_code,
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
        pupil_told.place,
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
        pupil_told.place,
        pupils.sex_code,
        {{ age_on('pupil_told.told_on', 'pupils.birth_month') }},
        pupils.ethnic_group

),

pupil_sliced as (

    select
        place,
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
        told.place,
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
        place,
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
    group by {{ grouping_sets('place', dimensions) }}

),
{% endfor %}
cells as (
    {% for subject in dimensions_of %}
    select * from {{ subject }}_cells
    union all
    {%- endfor %}
    {%- for subject in whole_only %}
    select
        place,
        'all' as dimension,
        'all' as source_value,
        sum(in_denominator) as denominator,
        sum(in_numerator) as numerator

    from {{ subject }}_told
    group by place
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

grouped as (

    select
        cells.place,
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
        place as figure_number,
        dimension,
        member,
        denominator,
        numerator

    from grouped
    where place > 0
    union all
    select
        figures.figure_number,
        grouped.dimension,
        grouped.member,
        grouped.denominator,
        grouped.numerator

    from grouped
    inner join places
        on grouped.place = places.place
    inner join figures
        on places.indicator_id = figures.indicator_id
            and places.authority_code = figures.authority_code
            and places.starts_on between figures.starts_on and figures.as_at

),

summed as (

    select
        figure_number,
        dimension,
        member,
        cast(sum(denominator) as bigint) as denominator,
        cast(sum(numerator) as bigint) as numerator

    from placed
    group by figure_number, dimension, member

),

final as (

    select
        figures.indicator_id,
        figures.authority_code,
        figures.as_at,
        figures.period,
        summed.dimension,
        summed.member,
        summed.denominator,
        summed.numerator

    from summed
    inner join figures
        on summed.figure_number = figures.figure_number

)

select * from final
