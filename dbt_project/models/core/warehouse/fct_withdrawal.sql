with

withdrawals as (

    select * from {{ ref('stg_warehouse__withdrawals') }}

),

final as (

    select
        authority_code,
        dataset,
        scope,
        source_file,
        source_row,
        child_key,
        pupil_key,
        patient_key,
        withdrawn_on,
        known_at,
        is_back

    from withdrawals

)

select * from final
