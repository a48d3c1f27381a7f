{#- Rows in force of a dataset that is delivered by collection year, one per key.

    An episode that is open over 31 March is in both years' returns: the later year wins, then the later stamp.
    A whole list (no collection year) replaces all that was known when it was generated, so year files of the same
    age or older are out, and newer ones win over it. Source file and row only make ties come out the same twice. -#}
{% macro in_force(relation, key) -%}
with

kept as (

    select * from {{ relation }}

),

whole_lists as (

    select
        authority_code,
        max(stamp) as generated_at

    from kept
    where collection_year is null
    group by authority_code

),

not_replaced as (

    select kept.*

    from kept

    -- left: most authorities never send a whole list
    left join whole_lists
        on kept.authority_code = whole_lists.authority_code
    where
        whole_lists.generated_at is null
        or (kept.collection_year is null and kept.stamp = whole_lists.generated_at)
        or (kept.collection_year is not null and kept.stamp > whole_lists.generated_at)

),

final as (

    select *

    from not_replaced
    qualify
        row_number() over (
            partition by {{ key | join(', ') }}
            order by collection_year desc nulls last, stamp desc, source_file desc, source_row desc
        ) = 1

)

select * from final
{%- endmacro %}
