{#- The rows of a relation with the child each belongs to, whatever the source calls that child: child_key is never
    null, and -1 where the row names nobody. To be used in place of the relation, in a `from`.

    kind: whose identity the rows bear: social_care (child_key), health (patient_key) or education (pupil_key, which
    goes through bridge_pupil_child). A row whose identity is in no list keeps the child it names itself.
    names_child: has the relation a child_key of its own? Only lists of schools may have none.
    Unit tests give `stg_warehouse__child_identities`, or the bridge; without rows every child stays as it is. -#}
{% macro of_children(relation, kind, names_child=true) -%}
    {%- set key = {'social_care': 'child_key', 'health': 'patient_key', 'education': 'pupil_key'}[kind] -%}
    (
        select
            {{ all_but('delivered', 'child_key') if names_child else 'delivered.*' }},
            cast(
                coalesce(
                    identities.child_key,
                    {{ 'delivered.child_key,' if names_child }}
                    {{ unknown_child_key() }}
                ) as bigint
            ) as child_key

        from {{ relation }} as delivered
        {%- if kind == 'education' %}
        -- left: a list may name a pupil whom no school has
        left join {{ ref('bridge_pupil_child') }} as identities
            on delivered.authority_code = identities.authority_code
                and delivered.pupil_key = identities.pupil_key
        {%- else %}
        -- left: a row may bear no id
        left join {{ ref('stg_warehouse__child_identities') }} as identities
            on delivered.authority_code = identities.authority_code
                and delivered.{{ key }} = identities.identity_key
                and identities.identity_kind = '{{ kind }}'
        {%- endif %}
    )
{%- endmacro %}
