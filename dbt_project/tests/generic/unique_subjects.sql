{#- The grain of the children behind the figures, of what stands on a day: a model that joins a child twice counts it
    twice. Events are grouped by these columns, so they cannot fail, and are half of the rows.

    columns: the grain. The period is left out of the grouping: what stands on a day has one. -#}
{% test unique_subjects(model, columns) %}

with

of_a_day as (

    select indicator_id

    from {{ ref('indicator') }}
    where counted = 'on_day'

)

select
    {{ columns | reject('equalto', 'period') | join(',\n    ') }},
    count(*) as row_count

from {{ model }}
where indicator_id in (select of_a_day.indicator_id from of_a_day)
group by {{ columns | reject('equalto', 'period') | join(', ') }}
having count(*) > 1

{% endtest %}
