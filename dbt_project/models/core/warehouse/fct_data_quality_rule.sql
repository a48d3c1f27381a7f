with

rules_judged as (

    select * from {{ ref('dq_rules_judged') }}

),

findings as (

    select
        authority_code,
        collection_year,
        rule_code,
        severity,
        dataset,
        count(*) as rows_found

    from {{ ref('fct_data_quality_finding') }}
    group by authority_code, collection_year, rule_code, severity, dataset

),

extracts as (

    select
        authority_code,
        collection_year,
        dataset,
        sum(rows_in_force) as rows_in_force

    from {{ ref('stg_warehouse__extracts') }}
    group by authority_code, collection_year, dataset

),

-- A rule about what is left open from one return to the next judges the rows of the year before.
rows_to_judge as (

    select
        authority_code,
        collection_year,
        dataset,
        rows_in_force

    from extracts
    union all
    select
        authority_code,
        collection_year + 1 as collection_year,
        concat(dataset, ':last') as dataset,
        rows_in_force

    from extracts

),

undecided as (

    select
        authority_code,
        collection_year,
        rule_code,
        count(*) as rows_undecided

    from (
        {%- for family in ['episodes', 'children', 'adoption', 'spells'] %}
            select
                authority_code,
                collection_year,
                rule_code

            from {{ ref('dq_findings_' ~ family) }}
            where not is_found
            {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as open_rows
    group by authority_code, collection_year, rule_code

),

judged_rows as (

    select
        rules_judged.authority_code,
        rules_judged.collection_year,
        rules_judged.rule_code,
        sum(rows_to_judge.rows_in_force) as rows_in_force

    from rules_judged
    inner join rows_to_judge
        on rules_judged.authority_code = rows_to_judge.authority_code
            and rules_judged.collection_year = rows_to_judge.collection_year
    where
        rules_judged.reason_not_judged is null
        and concat(' ', rules_judged.judged_on, ' ') like concat('% ', rows_to_judge.dataset, ' %')
    group by rules_judged.authority_code, rules_judged.collection_year, rules_judged.rule_code

),

found_in_returns as (

    select
        authority_code,
        collection_year,
        rule_code,
        sum(rows_found) as rows_found

    from findings
    where severity <> 'marked'
    group by authority_code, collection_year, rule_code

),

of_returns as (

    select
        rules_judged.authority_code,
        rules_judged.collection_year,
        rules_judged.rule_code,
        rules_judged.severity,
        rules_judged.reason_not_judged,
        coalesce(judged_rows.rows_in_force, 0) - coalesce(undecided.rows_undecided, 0) as rows_judged,
        coalesce(undecided.rows_undecided, 0) as rows_undecided,
        coalesce(found_in_returns.rows_found, 0) as rows_found

    from rules_judged
    left join judged_rows
        on rules_judged.authority_code = judged_rows.authority_code
            and rules_judged.collection_year = judged_rows.collection_year
            and rules_judged.rule_code = judged_rows.rule_code
    left join undecided
        on rules_judged.authority_code = undecided.authority_code
            and rules_judged.collection_year = undecided.collection_year
            and rules_judged.rule_code = undecided.rule_code
    left join found_in_returns
        on rules_judged.authority_code = found_in_returns.authority_code
            and rules_judged.collection_year = found_in_returns.collection_year
            and rules_judged.rule_code = found_in_returns.rule_code

),

without_header as (

    select
        returns.authority_code,
        returns.collection_year,
        'RETURN-WITHOUT-HEADER' as rule_code,
        'critical' as severity,
        cast(null as {{ dbt.type_string() }}) as reason_not_judged,
        coalesce(extracts.rows_in_force, 0) as rows_judged,
        0 as rows_undecided,
        case when returns.has_header then 0 else coalesce(extracts.rows_in_force, 0) end as rows_found

    from {{ ref('dq_returns') }} as returns

    -- left: a return may have no episodes
    left join extracts
        on returns.authority_code = extracts.authority_code
            and returns.collection_year = extracts.collection_year
            and extracts.dataset = 'ssda903_episodes'

),

-- A rule of the landing has a row only where a row bears its mark.
of_rows as (

    select
        findings.authority_code,
        findings.collection_year,
        findings.rule_code,
        findings.severity,
        cast(null as {{ dbt.type_string() }}) as reason_not_judged,
        sum(coalesce(extracts.rows_in_force, findings.rows_found)) as rows_judged,
        0 as rows_undecided,
        sum(findings.rows_found) as rows_found

    from findings
    left join extracts
        on findings.authority_code = extracts.authority_code
            and findings.collection_year is not distinct from extracts.collection_year
            and findings.dataset = extracts.dataset
    where findings.severity = 'marked'
    group by findings.authority_code, findings.collection_year, findings.rule_code, findings.severity

),

told as (

    select * from of_returns
    union all
    select * from without_header
    union all
    select * from of_rows

),

judged as (

    select
        told.*,
        case
            when reason_not_judged is not null then 'not_judged'
            when rows_found > 0 then 'failed'
            else 'passed'
        end as state

    from told

),

final as (

    select
        cast(authority_code as {{ dbt.type_string() }}) as authority_code,
        cast(collection_year as integer) as collection_year,
        cast(rule_code as {{ dbt.type_string() }}) as rule_code,
        cast(severity as {{ dbt.type_string() }}) as severity,
        cast(state as {{ dbt.type_string() }}) as state,
        cast(reason_not_judged as {{ dbt.type_string() }}) as reason_not_judged,
        cast(case when reason_not_judged is null then rows_judged end as bigint) as rows_judged,
        cast(case when reason_not_judged is null then rows_undecided end as bigint) as rows_undecided,
        cast(case when reason_not_judged is null then rows_found end as bigint) as rows_found,
        severity = 'critical' and state <> 'passed' as is_blocking

    from judged

)

select * from final
