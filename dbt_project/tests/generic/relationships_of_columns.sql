{#- Like dbt's relationships, for keys of several columns. A row whose key is partly null is left alone. -#}
{% test relationships_of_columns(model, columns, to, to_columns=none) %}

{%- set to_columns = to_columns or columns %}

with

children as (

    select distinct {{ columns | join(', ') }}

    from {{ model }}
    where {% for column in columns %}{{ 'and ' if not loop.first }}{{ column }} is not null{{ ' ' if not loop.last }}{% endfor %}

),

parents as (

    select distinct {{ to_columns | join(', ') }}

    from {{ to }}

)

select children.*

from children
left join parents
    on {% for column in columns %}{{ 'and ' if not loop.first }}children.{{ column }} = parents.{{ to_columns[loop.index0] }}{{ '\n    ' if not loop.last }}{% endfor %}
where parents.{{ to_columns[0] }} is null

{% endtest %}
