with

codes as (

    select
        code,
        label,
        source_document

    from {{ ref('code_list') }}
    where list_name = 'CIN_REFERRAL_SOURCE'

),

final as (

    select
        code as referral_source_code,
        label,
        -- the published groups: all but schools and education services go by the number
        case
            when code = '2A' then 'Schools'
            when code = '2B' then 'Education services'
            when code = '10' then 'Unknown'
            else
                case substring(code, 1, 1)
                    when '1' then 'Individual'
                    when '3' then 'Health services'
                    when '4' then 'Housing'
                    when '5' then 'Local authority services'
                    when '6' then 'Police'
                    when '7' then 'Other legal agency'
                    when '8' then 'Other'
                    when '9' then 'Anonymous'
                end
        end as referral_source_group,
        source_document

    from codes

    union all

    select
        'unknown' as referral_source_code,
        'Not told' as label,
        'Unknown' as referral_source_group,
        'Member for what is not known' as source_document

)

select * from final
