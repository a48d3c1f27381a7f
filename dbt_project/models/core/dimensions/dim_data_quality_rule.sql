with

rules as (

    select * from {{ ref('ssda903_rule') }}

),

final as (

    select
        rule_code,
        severity,
        first_year as first_collection_year,
        last_year as last_collection_year,
        datasets,
        return_columns,
        judged,
        how_judged,
        what,
        when_it_matters,
        how_to_put_it_right

    from rules

)

select * from final
