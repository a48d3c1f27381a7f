{#- Is it suitable? The digit of the code says so, but for three letters: gone abroad (G), deported (H) and residence
    not known (R) say where the young person is not, so the published tables count them neither as suitable nor as not.
        U1 -> suitable    B2, S2, X2 -> not suitable    G1, H2, R2, 0 -> null -#}
with

code_list as (

    select * from {{ ref('code_list') }}
    where list_name = 'ACCOM'

),

types as (

    select * from {{ ref('code_list') }}
    where list_name = 'ACCOMMODATION_TYPE'

),

final as (

    select
        code_list.code as accommodation_code,
        code_list.label,
        substring(code_list.code, 1, 1) as accommodation_type_code,
        coalesce(types.label, 'Unknown') as accommodation_type,
        case
            when substring(code_list.code, 1, 1) in ('G', 'H', 'R') then null
            when substring(code_list.code, 2, 1) = '1' then true
            when substring(code_list.code, 2, 1) = '2' then false
        end as is_suitable,
        code_list.valid_from,
        code_list.valid_to,
        code_list.source_document

    from code_list

    -- left: a letter may be missing in the list of types
    left join types on substring(code_list.code, 1, 1) = types.code

    union all

    select
        'unknown' as accommodation_code,
        'Unknown' as label,
        'unknown' as accommodation_type_code,
        'Unknown' as accommodation_type,
        cast(null as boolean) as is_suitable,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        'Member for what is not known' as source_document

)

select * from final
