{#- Which results reach the standard, each by the scale of its time; null where the measure has none.

    Foundation stage: a good level of development. Phonics: 32 of 40 marks. Key stage 1: level 2, since 2016 the
    expected standard (EXS, GDS). Key stage 2: level 4 (also 4A or 4B), since 2016 a scaled score of 100 or, by the
    teacher, EXS or GDS. GCSE: A* to C, since 2017 also 9 to 4; a pass is any grade but U (ungraded), X or 0. So 3A at
    key stage 2 does not reach it and 4B does; a scaled score of 99 does not, 100 does; a 3 is a pass below the
    standard. -#}
with

results as (

    select * from {{ of_children(ref('stg_education__attainment'), 'social_care') }}

),

links as (

    select * from {{ ref('bridge_pupil_child') }}

),

care_periods as (

    select * from {{ ref('fct_care_period') }}
    where not is_short_break

),

linked as (

    select
        {{ all_but('results', 'child_key') }},
        cast(
            case
                when results.child_key <> {{ unknown_child_key() }} then results.child_key
                else coalesce(links.child_key, {{ unknown_child_key() }})
            end as bigint
        ) as child_key,
        upper(trim(results.result)) as grade,
        cast(concat(cast(results.result_year as {{ dbt.type_string() }}), '-03-31') as date) as march_end

    from results

    -- left: the pupil may be on no list
    left join links
        on results.authority_code = links.authority_code
            and results.pupil_key = links.pupil_key

),

scaled as (

    select
        linked.*,
        try_cast(linked.grade as double) as result_value,
        linked.stage_code = 'KS4' and lower(linked.measure) = 'grade' as is_grade,
        lower(linked.measure) = 'level' as is_level,
        care_periods.started_on as looked_after_from

    from linked

    -- left: most results are of children who were not looked after on that day
    left join care_periods
        on linked.authority_code = care_periods.authority_code
            and linked.child_key = care_periods.child_key
            and {{ is_on('linked.march_end', 'care_periods.started_on', 'care_periods.ended_on') }}

),

final as (

    select
        -- identifiers
        authority_code,
        pupil_key,
        child_key,

        -- what was measured
        result_year,
        stage_code,
        subject,
        measure,
        result,
        cast(result_value as double) as result_value,

        -- what it says
        case
            when grade is null then null
            when is_grade then grade in ('A*', 'A', 'B', 'C') or coalesce(result_value >= 4, false)
            when is_level and stage_code in ('KS1', 'KS2')
                then try_cast(substring(grade, 1, 1) as integer) >= case stage_code when 'KS1' then 2 else 4 end
            when stage_code = 'KS2' and lower(measure) = 'scaled score' then result_value >= 100
            when stage_code in ('KS1', 'KS2') and lower(measure) = 'teacher assessment'
                then grade in ('EXS', 'GDS')
            when stage_code = 'PHONICS' and lower(measure) = 'mark' then result_value >= 32
            when stage_code = 'EYFSP' and lower(measure) = 'good level of development'
                then case grade when 'Y' then true when 'N' then false end
        end as is_standard_reached,
        case when is_grade and grade is not null then grade not in ('U', 'X', '0') end as is_pass,

        -- the cohort
        case
            when child_key <> {{ unknown_child_key() }} then looked_after_from is not null
        end as is_looked_after,
        case
            when child_key <> {{ unknown_child_key() }}
                then coalesce(looked_after_from <= {{ add_months(add_days('march_end', 1), -12) }}, false)
        end as is_looked_after_twelve_months,

        -- lineage
        marks,
        source_file,
        source_row

    from scaled

)

select * from final
