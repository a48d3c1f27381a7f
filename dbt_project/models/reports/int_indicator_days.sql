with

events as (

    select * from {{ ref('int_indicator_rows') }}
    where counted = 'by_event'

),

final as (

    select
        indicator_id,
        authority_code,
        subject_key,
        as_at as happened_on,
        cast(sum(in_denominator) as bigint) as in_denominator,
        cast(sum(in_numerator) as bigint) as in_numerator,
        max(in_denominator) as most_in_denominator,
        max(in_numerator) as most_in_numerator,
        -- of several events there is no one figure that decided
        case when count(*) = 1 then max(measure) end as measure

    from events
    group by indicator_id, authority_code, subject_key, as_at

)

select * from final
