{#- Of those allocated to a child at once, who holds the case: a social worker before a personal adviser, of two the one
    who came last. The condition of a `qualify` over `allocations`. of: columns that name the child and the day. -#}
{% macro holds_the_case(of) -%}
    row_number() over (
        partition by {{ of }}
        order by allocations.worker_role_code desc, allocations.started_on desc, allocations.worker_key asc
    ) = 1
{%- endmacro %}
