with

reasons as (

    select * from {{ ref('care_end_reason') }}

),

code_list as (

    select * from {{ ref('code_list') }}
    where list_name = 'REC'

),

final as (

    select
        code_list.code as end_reason_code,
        code_list.label,
        coalesce(reasons.end_reason_group, 'Other') as end_reason_group,
        coalesce(reasons.is_end_of_care, true) as is_end_of_care,
        code_list.valid_from,
        code_list.valid_to,
        code_list.source_document

    from code_list

    -- left: a new code must not vanish because nobody has grouped it yet
    left join reasons on code_list.code = reasons.end_reason_code

    union all

    select
        'unknown' as end_reason_code,
        'Unknown' as label,
        'Unknown' as end_reason_group,
        cast(null as boolean) as is_end_of_care,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
