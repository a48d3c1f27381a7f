with

codes as (

    select * from {{ ref('attendance_code') }}

),

unknown_member as (

    select
        -1 as attendance_code_key,
        cast(null as {{ dbt.type_string() }}) as mark,
        'Mark that is in no list' as label,
        'unknown' as statistical_group,
        false as is_possible,
        false as is_present,
        false as is_authorised_absence,
        false as is_unauthorised_absence,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to

),

members as (

    select
        attendance_code_key,
        mark,
        label,
        statistical_group,
        is_possible,
        is_present,
        is_authorised_absence,
        is_unauthorised_absence,
        valid_from,
        valid_to

    from codes
    union all
    select
        attendance_code_key,
        mark,
        label,
        statistical_group,
        is_possible,
        is_present,
        is_authorised_absence,
        is_unauthorised_absence,
        valid_from,
        valid_to

    from unknown_member

),

final as (

    select
        cast(attendance_code_key as integer) as attendance_code_key,
        cast(mark as {{ dbt.type_string() }}) as mark,
        cast(label as {{ dbt.type_string() }}) as label,
        cast(statistical_group as {{ dbt.type_string() }}) as statistical_group,
        cast(is_possible as boolean) as is_possible,
        cast(is_present as boolean) as is_present,
        cast(is_authorised_absence as boolean) as is_authorised_absence,
        cast(is_unauthorised_absence as boolean) as is_unauthorised_absence,
        cast(valid_from as date) as valid_from,
        cast(valid_to as date) as valid_to

    from members

)

select * from final
