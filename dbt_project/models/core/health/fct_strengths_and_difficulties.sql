{#- Who is asked: children aged 4 to 16, the fourth birthday included and the seventeenth not. Only the month of birth
    is known: born in March 2013 and asked in April 2017, yes; in March 2017, not known, but on 31 March, yes. -#}
with

questionnaires as (

    select * from {{ of_children(ref('stg_health__sdq'), 'health') }}

),

children as (

    select
        authority_code,
        child_key,
        birth_month

    from {{ ref('dim_child') }}
    where valid_to is null

),

final as (

    select
        -- identifiers
        questionnaires.authority_code,
        questionnaires.patient_key,
        questionnaires.completed_on,
        questionnaires.child_key,

        -- what was found
        questionnaires.sdq_score,
        {{ sdq_band('questionnaires.sdq_score') }} as sdq_band_code,
        {{ sdq_band('questionnaires.sdq_score') }} is not null as is_scored,
        questionnaires.sdq_reason_code,
        {{ turned(4, 'children.birth_month', 'questionnaires.completed_on') }}
        and not {{ turned(17, 'children.birth_month', 'questionnaires.completed_on') }} as is_of_age,

        -- lineage
        questionnaires.marks,
        questionnaires.source_file,
        questionnaires.source_row

    from questionnaires

    -- left: the trust may not know the child, nor anybody the month of birth
    left join children
        on questionnaires.authority_code = children.authority_code
            and questionnaires.child_key = children.child_key

)

select * from final
