{#- The grain of the children behind the figures, of what stands on a day: a model that joins a child twice counts it
    twice. Events are grouped into their row, so they cannot fail, and are half of the rows. A figure has its number, which
    is all its columns but the subject.

    columns: the grain, for whoever asks what it is. -#}
{% test unique_subjects(model, columns) %}

with

of_a_day as (

    select figures.figure_number

    from {{ ref('int_indicator_coverage') }} as figures
    inner join {{ ref('indicator') }} as definitions
        on figures.indicator_id = definitions.indicator_id
    where definitions.counted = 'on_day'

)

select
    figure_number,
    subject_key,
    count(*) as row_count

from {{ ref('int_indicator_subjects') }}
where figure_number in (select of_a_day.figure_number from of_a_day)
group by figure_number, subject_key
having count(*) > 1

{% endtest %}
