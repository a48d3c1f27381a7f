{#- The order's date is told as far as it is known: the first and the last day it can have been.
        2015-06-30 -> 30 June to 30 June     2016-02 -> 1 to 29 February     2015 -> 1 January to 31 December -#}
with

told as (

    {{ in_force(
        of_children(ref('stg_social_care__previous_permanence'), 'social_care'),
        ['authority_code', 'child_key', 'collection_year']
    ) }}

),

-- A whole list names no year: it speaks of the collection year in which it was generated.
newest as (

    select
        *,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as reported_year

    from told
    qualify
        row_number() over (
            partition by
                authority_code, child_key, coalesce(collection_year, {{ collection_year_of('stamp') }})
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

dated as (

    select
        newest.*,
        case
            when length(previous_order_on) = 10 then cast(previous_order_on as date)
            when length(previous_order_on) = 7 then cast(concat(previous_order_on, '-01') as date)
            when length(previous_order_on) = 4 then cast(concat(previous_order_on, '-01-01') as date)
        end as order_earliest_on

    from newest

),

periods as (

    select
        dated.authority_code,
        dated.child_key,
        dated.reported_year,
        max(care_periods.started_on) as started_on

    from dated
    inner join {{ ref('fct_care_period') }} as care_periods
        on dated.authority_code = care_periods.authority_code
            and dated.child_key = care_periods.child_key
            and {{ collection_year_of('care_periods.started_on') }} <= dated.reported_year
    group by dated.authority_code, dated.child_key, dated.reported_year

),

final as (

    select
        dated.authority_code,
        dated.child_key,
        cast(dated.reported_year as integer) as collection_year,
        periods.started_on as period_of_care_started_on,
        row_number() over (
            partition by dated.authority_code, dated.child_key
            order by dated.reported_year desc
        ) = 1 as is_latest,
        {{ or_unknown('dated.previous_permanence_code') }} as previous_permanence_code,
        case
            when dated.previous_permanence_code in ('P1', 'P2', 'P3') then true
            when dated.previous_permanence_code = 'Z1' then false
        end as is_permanent_before,
        {{ or_unknown('dated.previous_authority_code') }} as previous_authority_code,
        dated.previous_authority_code = dated.authority_code as is_own_authority,
        dated.order_earliest_on,
        case length(dated.previous_order_on)
            when 10 then dated.order_earliest_on
            when 7 then {{ add_days(add_months('dated.order_earliest_on', 1), -1) }}
            when 4 then {{ add_days(add_months('dated.order_earliest_on', 12), -1) }}
        end as order_latest_on,
        case length(dated.previous_order_on)
            when 10 then 'day'
            when 7 then 'month'
            when 4 then 'year'
        end as order_date_precision,
        dated.marks,
        dated.source_file,
        dated.source_row

    from dated

    -- left: a child whose care is not known
    left join periods
        on dated.authority_code = periods.authority_code
            and dated.child_key = periods.child_key
            and dated.reported_year = periods.reported_year

)

select * from final
