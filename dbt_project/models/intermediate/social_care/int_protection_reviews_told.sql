{#- A census numbers the plans of a referral by their dates, so the same plan may bear another number in the next census
    (a referral before it was left out, a plan was added): numbers are followed within one file only, to the start. -#}
{%- set with_plan %}
    (
        select
            reviews.*,
            plans.started_on as plan_started_on

        from {{ ref('stg_social_care__cin_protection_review') }} as reviews

        -- left: the row of the plan may have been refused
        left join {{ ref('stg_social_care__cin_protection_plan') }} as plans
            on reviews.authority_code = plans.authority_code
                and reviews.source_file = plans.source_file
                and reviews.child_key = plans.child_key
                and reviews.cin_details_id = plans.cin_details_id
                and reviews.child_protection_plan_id = plans.child_protection_plan_id
    )
{%- endset -%}

with

final as (

    select
        authority_code,
        child_key,
        plan_started_on,
        held_on,
        collection_year,
        stamp,
        marks,
        source_file,
        source_row

    from {{ of_children(with_plan, 'social_care') }}

)

select * from final
