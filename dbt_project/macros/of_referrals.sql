{#- The rows of a dataset of the children-in-need census with the day of the referral they belong to: referred_on is
    null where the document has no such referral. To be used in place of the relation, in a `from`.

    The census numbers referrals within the child and the document; the number may change from year to year, the day
    does not. So the number leads to the day within its own document, and everything meets on the day afterwards. -#}
{% macro of_referrals(relation) -%}
    (
        select
            numbered.*,
            details.referred_on

        from {{ relation }} as numbered
        -- left: the referral may have been refused, or its list may be in force from another document
        left join {{ ref('stg_social_care__cin_details') }} as details
            on numbered.authority_code = details.authority_code
                and numbered.source_file = details.source_file
                and numbered.child_key = details.child_key
                and numbered.cin_details_id = details.cin_details_id
    )
{%- endmacro %}
