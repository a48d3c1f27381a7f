{#- The files of a return, without the prefix that their datasets share. -#}
{%- set files = [
    'header', 'episodes', 'reviews', 'uasc', 'oc2', 'oc3', 'ad1', 'placed_for_adoption', 'previous_permanence',
    'missing', 'sw_episodes', 'dolo',
] -%}

with

returns as (

    select * from {{ ref('dq_returns') }}

),

rules as (

    select * from {{ ref('ssda903_rule') }}

),

crossed as (

    select
        returns.*,
        rules.rule_code,
        rules.severity,
        rules.datasets,
        rules.judged,
        rules.reason as reason_never_judged,
        rules.judged_on,
        rules.judged_at,
        coalesce(rules.first_year > returns.collection_year, false)
        or coalesce(rules.last_year < returns.collection_year, false) as is_out_of_date

    from returns
    cross join rules

),

looked_for as (

    select
        crossed.*,
        (
            false
            {%- for file in files %}
                or ({{ has_mark('datasets', 'ssda903_' ~ file) }} and not has_{{ file }})
            {%- endfor %}
        ) as lacks_file,
        (
            false
            {%- for file in files %}
                or ({{ has_mark('judged_on', 'ssda903_' ~ file) }} and has_{{ file }})
                or ({{ has_mark('judged_on', 'ssda903_' ~ file ~ ':last') }} and had_{{ file }})
            {%- endfor %}
        ) as has_rows_to_judge,
        (
            false
            {%- for file in files %}
                or ({{ has_mark('datasets', 'ssda903_' ~ file ~ ':last') }} and not had_{{ file }})
            {%- endfor %}
        ) as lacks_file_of_last_year

    from crossed

),

final as (

    select
        authority_code,
        collection_year,
        rule_code,
        severity,
        judged_on,
        case
            when is_out_of_date then 'rule_not_in_force'
            when judged in ('no', 'on_arrival') then reason_never_judged
            when lacks_file or not has_rows_to_judge then 'file_not_in_force'
            when lacks_file_of_last_year then 'no_return_of_last_year'
            when judged_at = 'year_end' and not is_year_over then 'year_not_over'
        end as reason_not_judged

    from looked_for

)

select * from final
