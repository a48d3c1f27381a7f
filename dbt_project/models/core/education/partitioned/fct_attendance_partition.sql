with

partitions as (

    select
        authority_code,
        session_month

    from {{ ref('stg_warehouse__attendance_partitions') }}
    where is_rebuilt

),

landed as (

    select * from {{ ref('int_rows_landed') }}
    where dataset = 'attendance'

),

second_suppliers as (

    select
        authority_code,
        session_month,
        count(*) as rows_second_supplier

    from {{ ref('int_attendance_ranked_by_supplier') }}
    where supplier_rank > 1
    group by authority_code, session_month

),

final as (

    select
        partitions.authority_code,
        partitions.session_month,
        cast(coalesce(landed.rows_landed, 0) as bigint) as rows_in_force,
        cast(coalesce(landed.rows_duplicate, 0) as bigint) as rows_duplicate,
        cast(coalesce(second_suppliers.rows_second_supplier, 0) as bigint) as rows_second_supplier

    from partitions

    -- left: a partition may be empty, and most schools have one supplier
    left join landed
        on
            partitions.authority_code = landed.authority_code
            and partitions.session_month = landed.session_month
    left join second_suppliers
        on
            partitions.authority_code = second_suppliers.authority_code
            and partitions.session_month = second_suppliers.session_month

)

select * from final
