{#- A condition that no row may break. Fails with the rows for which it is false or unknown. -#}
{% test holds(model, condition) %}

select * from {{ model }}
where not coalesce({{ condition }}, false)

{% endtest %}
