with

found as (

    {%- for family in ['episodes', 'children', 'adoption', 'spells'] %}
        select * from {{ ref('dq_findings_' ~ family) }}
        where is_found
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

marks as (

    select * from {{ ref('dq_findings_marks') }}

),

rules_judged as (

    select * from {{ ref('dq_rules_judged') }}
    where reason_not_judged is null

),

of_returns as (

    select
        found.authority_code,
        found.collection_year,
        found.rule_code,
        found.dataset,
        rules_judged.severity,
        found.child_key,
        cast(null as bigint) as pupil_key,
        found.source_file,
        found.source_row

    from found
    inner join rules_judged
        on found.authority_code = rules_judged.authority_code
            and found.collection_year = rules_judged.collection_year
            and found.rule_code = rules_judged.rule_code

),

of_rows as (

    select
        marks.authority_code,
        marks.collection_year,
        marks.rule_code,
        marks.dataset,
        coalesce(rules_judged.severity, 'marked') as severity,
        marks.child_key,
        marks.pupil_key,
        marks.source_file,
        marks.source_row

    from marks

    -- left: only the rules about children who come twice in a file are rules of the return
    left join rules_judged
        on marks.authority_code = rules_judged.authority_code
            and marks.collection_year = rules_judged.collection_year
            and marks.rule_code = rules_judged.rule_code

),

final as (

    select * from of_returns
    union all
    select * from of_rows

)

select
    authority_code,
    collection_year,
    rule_code,
    dataset,
    severity,
    child_key,
    pupil_key,
    source_file,
    source_row

from final
