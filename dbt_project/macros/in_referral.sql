{#- The rows of a relation with the referral they belong to, where none is told: Annex A names no referral. The
    latest referral of the child by that day, unless the case had closed before it. A referral made and closed on the
    day itself counts: 1 to 10 June holds both. To be used in place of the relation, in a `from`.

    day: column that, with authority and child, tells the rows apart. -#}
{% macro in_referral(relation, day) -%}
    (
        select
            {{ all_but('told', 'referred_on') }},
            coalesce(told.referred_on, referrals.referred_on) as referred_on

        from {{ relation }} as told
        -- left: the referral may be older than all lists
        left join {{ ref('int_referrals') }} as referrals
            on told.authority_code = referrals.authority_code
                and told.child_key = referrals.child_key
                and referrals.referred_on <= told.{{ day }}
                and coalesce(referrals.closed_on, cast('9999-12-31' as date)) >= told.{{ day }}
        qualify
            row_number() over (
                partition by told.authority_code, told.child_key, told.{{ day }}
                order by referrals.referred_on desc nulls last
            ) = 1
    )
{%- endmacro %}
