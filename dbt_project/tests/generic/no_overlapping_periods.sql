{#- Half-open periods of one entity share no day; an empty end runs for ever. Fails with the earlier of the two.

    entity: columns that name whose periods these are. -#}
{% test no_overlapping_periods(model, entity, started_on='started_on', ended_on='ended_on') %}

with

periods as (

    select
        {{ entity | join(',\n        ') }},
        {{ started_on }} as period_started_on,
        -- not only the next period: a long one may outlast several that start and end within it
        max(coalesce({{ ended_on }}, cast('9999-12-31' as date))) over (
            partition by {{ entity | join(', ') }}
            order by {{ started_on }}, coalesce({{ ended_on }}, cast('9999-12-31' as date))
            rows between unbounded preceding and 1 preceding
        ) as latest_end_before

    from {{ model }}

)

select * from periods
where period_started_on < latest_end_before

{% endtest %}
