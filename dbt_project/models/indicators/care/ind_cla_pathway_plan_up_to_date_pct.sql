with

care_leavers as (

    select * from {{ ref('fct_care_leaver') }}
    where
        eligibility_code = 'eligible'
        and last_contact_on is not null

),

final as (

    select
        authority_code,
        as_at,
        child_key as subject_key,
        1 as in_denominator,
        case when is_pathway_plan_up_to_date then 1 else 0 end as in_numerator,
        {{ days_between('pathway_plan_reviewed_on', 'as_at') }} as measure

    from care_leavers

)

select * from final
