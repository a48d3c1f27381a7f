with

orders as (

    {{ in_force(
        of_children(ref('stg_social_care__dolo'), 'social_care'),
        ['authority_code', 'child_key', 'started_on']
    ) }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}

),

night as (

    select as_at from {{ ref('stg_warehouse__night') }}

),

final as (

    select
        orders.authority_code,
        orders.child_key,
        orders.started_on,
        orders.ended_on,
        orders.ended_on is null as is_open,
        {{ days_between('orders.started_on', 'orders.ended_on') }} as days,
        care_periods.started_on as period_of_care_started_on,
        care_periods.started_on is not null as is_in_care,
        orders.started_on > night.as_at as is_in_future,
        orders.marks,
        orders.source_file,
        orders.source_row

    from orders
    cross join night

    -- left: an order outside care is kept, and says so
    left join care_periods
        on orders.authority_code = care_periods.authority_code
            and orders.child_key = care_periods.child_key
            and {{ is_on('orders.started_on', 'care_periods.started_on', 'care_periods.ended_on') }}

)

select * from final
