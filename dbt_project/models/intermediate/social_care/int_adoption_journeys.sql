{#- Which rows of the three lists tell of the same plan for adoption. The return is heard first: its decisions are the
    plans. What the return says of the adoption itself (AD1) belongs to the decision of the same day, else to the
    child's last one by the match, before those taken back; Annex A list 10 to the plan with the same decision, or to
    the child's last one where one of the two does not know the decision. What belongs to none is a plan of its own.
        decided 24 April, AD1 without a decision, matched 23 May -> one plan, decided 24 April, matched 23 May
        decided 1 May and taken back, decided 1 November, AD1 decided 1 November -> AD1 belongs to the second
        Annex A decided 3 May, the return 1 May -> two plans: they meet on the day -#}
with

decisions as (

    {{ in_force(
        of_children(ref('stg_social_care__placed_for_adoption'), 'social_care'),
        ['authority_code', 'child_key', 'decided_on']
    ) }}

),

adoptions as (

    {{ in_force(of_children(ref('stg_social_care__ad1'), 'social_care'), ['authority_code', 'child_key']) }}

),

inspection_list as (

    select * from {{ of_children(ref('stg_social_care__annex_a_10_adoption'), 'social_care') }}
    qualify
        row_number() over (
            partition by authority_code, child_key
            order by decided_on desc nulls last, source_file desc, source_row desc
        ) = 1

),

adoptions_with_decision as (

    select
        adoptions.*,
        decisions.decided_on as journey_decided_on

    from adoptions

    -- left: an adoption may come without its decision
    left join decisions
        on adoptions.authority_code = decisions.authority_code
            and adoptions.child_key = decisions.child_key
            and decisions.decided_on
            <= coalesce(greatest(adoptions.matched_on, adoptions.decided_on), cast('9999-12-31' as date))
    qualify
        row_number() over (
            partition by adoptions.authority_code, adoptions.child_key
            order by
                case when decisions.decided_on = adoptions.decided_on then 0 else 1 end,
                case when decisions.ended_on is null then 0 else 1 end,
                decisions.decided_on desc
        ) = 1

),

returned as (

    select
        decisions.authority_code,
        decisions.child_key,
        decisions.decided_on,
        decisions.ended_on,
        decisions.end_reason_code,
        adoptions.matched_on,
        adoptions.child_key is not null as is_in_ad1,
        adoptions.foster_carers_adopted_code,
        adoptions.adopter_number_code,
        adoptions.adopter_sex_code,
        adoptions.adopter_legal_status_code,
        'ssda903_placed_for_adoption' as source_dataset,
        nullif(concat_ws(' ', decisions.marks, adoptions.marks), '') as marks,
        decisions.source_file,
        decisions.source_row

    from decisions

    -- left: most plans have not led to an adoption yet
    left join adoptions_with_decision as adoptions
        on decisions.authority_code = adoptions.authority_code
            and decisions.child_key = adoptions.child_key
            and decisions.decided_on = adoptions.journey_decided_on
    union all
    select
        authority_code,
        child_key,
        decided_on,
        cast(null as date) as ended_on,
        cast(null as {{ dbt.type_string() }}) as end_reason_code,
        matched_on,
        true as is_in_ad1,
        foster_carers_adopted_code,
        adopter_number_code,
        adopter_sex_code,
        adopter_legal_status_code,
        'ssda903_ad1' as source_dataset,
        marks,
        source_file,
        source_row

    from adoptions_with_decision
    where journey_decided_on is null

),

listed as (

    select
        inspection_list.*,
        returned.source_dataset as journey_source_dataset,
        returned.decided_on as journey_decided_on

    from inspection_list

    -- left: plans since the last return are only in the inspection's list
    left join returned
        on inspection_list.authority_code = returned.authority_code
            and inspection_list.child_key = returned.child_key
            and coalesce(inspection_list.decided_on, returned.decided_on, cast('1900-01-01' as date))
            = coalesce(returned.decided_on, inspection_list.decided_on, cast('1900-01-01' as date))
    qualify
        row_number() over (
            partition by inspection_list.authority_code, inspection_list.child_key
            order by
                case when returned.decided_on = inspection_list.decided_on then 0 else 1 end,
                returned.decided_on desc nulls last
        ) = 1

),

final as (

    select
        returned.authority_code,
        returned.child_key,
        coalesce(returned.decided_on, listed.decided_on) as decided_on,
        coalesce(returned.ended_on, listed.ended_on) as ended_on,
        coalesce(returned.end_reason_code, listed.end_reason_code) as end_reason_code,
        coalesce(returned.matched_on, listed.matched_on) as matched_on,
        returned.is_in_ad1,
        returned.foster_carers_adopted_code,
        returned.adopter_number_code,
        returned.adopter_sex_code,
        returned.adopter_legal_status_code,
        listed.child_key is not null as is_in_annex_a,
        listed.adoptive_family_key,
        listed.entered_care_on,
        listed.placement_order_on,
        listed.placed_on,
        listed.adoption_order_on,
        listed.fostering_for_adoption_on,
        returned.source_dataset,
        returned.marks,
        returned.source_file,
        returned.source_row

    from returned

    -- left: most plans are in one list only
    left join listed
        on returned.authority_code = listed.authority_code
            and returned.child_key = listed.child_key
            and returned.source_dataset = listed.journey_source_dataset
            and coalesce(returned.decided_on, cast('1900-01-01' as date))
            = coalesce(listed.journey_decided_on, cast('1900-01-01' as date))
    union all
    select
        authority_code,
        child_key,
        decided_on,
        ended_on,
        end_reason_code,
        matched_on,
        false as is_in_ad1,
        cast(null as {{ dbt.type_string() }}) as foster_carers_adopted_code,
        cast(null as {{ dbt.type_string() }}) as adopter_number_code,
        cast(null as {{ dbt.type_string() }}) as adopter_sex_code,
        cast(null as {{ dbt.type_string() }}) as adopter_legal_status_code,
        true as is_in_annex_a,
        adoptive_family_key,
        entered_care_on,
        placement_order_on,
        placed_on,
        adoption_order_on,
        fostering_for_adoption_on,
        'annex_a_10_adoption' as source_dataset,
        marks,
        source_file,
        source_row

    from listed
    where journey_source_dataset is null

)

select * from final
