with

activities as (

    select * from {{ ref('care_leaver_activity') }}

),

code_list as (

    select * from {{ ref('code_list') }}
    where list_name = 'ACTIV'

),

final as (

    select
        code_list.code as activity_code,
        code_list.label,
        coalesce(activities.activity_group, 'Unknown') as activity_group,
        activities.is_in_education_employment_training,
        activities.is_full_time,
        code_list.valid_from,
        code_list.valid_to,
        code_list.source_document

    from code_list

    -- left: a new code must not vanish because nobody has said yet what it counts as
    left join activities on code_list.code = activities.activity_code

    union all

    select
        'unknown' as activity_code,
        'Unknown' as label,
        'Unknown' as activity_group,
        cast(null as boolean) as is_in_education_employment_training,
        cast(null as boolean) as is_full_time,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
