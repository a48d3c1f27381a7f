{#- Children looked after at the end of a key stage, and what they reached, for the figures of 31 March.

    The year group is that of the child's age: year 2, 6 or 11 in the school year that 31 March lies in. The year group
    on the roll would be nearer where a child is taught out of its year, but a roll tells today's only, and of the
    children at schools elsewhere none. Whoever is of that age is in, whether they sat anything or not: without a result
    nothing is reached. Before a summer's results of a stage are delivered for any pupil at all, nobody can say: no row.

    Key stage 1 by the teacher; key stage 2 by level, since 2016 reading and mathematics by the test alone and writing by
    the teacher. GCSE: each subject once, the better grade where a child has two numbers. English is GCSE English or
    English Language, since 2017 also English Literature, as the DfE's measure of English and mathematics has it. -#}
with

stages as (

    select
        'KS1' as stage_code,
        2 as school_year_group
    union all
    select
        'KS2' as stage_code,
        6 as school_year_group
    union all
    select
        'KS4' as stage_code,
        11 as school_year_group

),

reporting_dates as (

    select
        as_at,
        collection_year as result_year

    from {{ ref('dim_reporting_date') }}
    where is_year_end

),

looked_after as (

    select * from {{ ref('fct_looked_after_child') }}

),

results as (

    select
        *,
        lower(subject) as subject_name,
        lower(measure) as measure_name

    from {{ ref('fct_attainment') }}

),

delivered as (

    select distinct
        authority_code,
        result_year,
        stage_code

    from results

),

cohort as (

    select
        looked_after.authority_code,
        looked_after.as_at,
        stages.stage_code,
        looked_after.child_key,
        reporting_dates.result_year,
        looked_after.is_twelve_months

    from looked_after
    inner join reporting_dates
        on looked_after.as_at = reporting_dates.as_at
    inner join stages
        on looked_after.school_year_group = stages.school_year_group
    inner join delivered
        on looked_after.authority_code = delivered.authority_code
            and reporting_dates.result_year = delivered.result_year
            and stages.stage_code = delivered.stage_code

),

subjects as (

    select
        authority_code,
        child_key,
        result_year,
        stage_code,
        case
            when subject_name in ('mathematics', 'maths') then 'mathematics'
            when
                subject_name in ('english', 'english language')
                or (subject_name = 'english literature' and result_year >= 2017)
                then 'english'
            else subject_name
        end as subject_group,
        subject_name,
        measure_name,
        measure_name = 'grade' and max(case when upper(trim(result)) <> 'X' then 1 else 0 end) = 1 as is_sat,
        max(case when is_pass then 1 else 0 end) as pass_count,
        max(
            case
                -- a teacher's word does not stand for the test
                when
                    stage_code = 'KS2' and measure_name = 'teacher assessment' and subject_name <> 'writing'
                    then 0
                when is_standard_reached then 1
                else 0
            end
        ) as reached_count,
        max(case when measure_name = 'attainment 8' then result_value end) as attainment_8_score,
        max(case when measure_name = 'progress 8' then result_value end) as progress_8_score

    from results
    group by authority_code, child_key, result_year, stage_code, subject_name, measure_name

),

reached as (

    select
        authority_code,
        child_key,
        result_year,
        stage_code,
        max(case when subject_name = 'reading' then reached_count else 0 end) as reading,
        max(case when subject_name = 'writing' then reached_count else 0 end) as writing,
        max(case when subject_group = 'mathematics' then reached_count else 0 end) as mathematics,
        max(case when subject_group = 'english' then reached_count else 0 end) as english,
        sum(case when is_sat then 1 else 0 end) as sat_count,
        sum(pass_count) as pass_count,
        sum(case when measure_name = 'grade' then reached_count else 0 end) as good_pass_count,
        max(attainment_8_score) as attainment_8_score,
        max(progress_8_score) as progress_8_score

    from subjects
    group by authority_code, child_key, result_year, stage_code

),

final as (

    select
        -- identifiers
        cohort.authority_code,
        cohort.as_at,
        cast(cohort.stage_code as {{ dbt.type_string() }}) as stage_code,
        cohort.child_key,
        cohort.result_year,

        -- the cohort
        cohort.is_twelve_months,
        reached.child_key is not null as has_results,

        -- key stages 1 and 2
        case when cohort.stage_code <> 'KS4' then coalesce(reached.reading, 0) = 1 end as is_reading_reached,
        case when cohort.stage_code <> 'KS4' then coalesce(reached.writing, 0) = 1 end as is_writing_reached,
        case when cohort.stage_code <> 'KS4' then coalesce(reached.mathematics, 0) = 1 end as is_mathematics_reached,
        case
            when cohort.stage_code <> 'KS4'
                then coalesce(reached.reading + reached.writing + reached.mathematics, 0) = 3
        end as is_all_three_reached,

        -- key stage 4
        cast(case when cohort.stage_code = 'KS4' then coalesce(reached.sat_count, 0) end as integer)
            as gcse_sat_count,
        cast(case when cohort.stage_code = 'KS4' then coalesce(reached.pass_count, 0) end as integer)
            as gcse_pass_count,
        cast(case when cohort.stage_code = 'KS4' then coalesce(reached.good_pass_count, 0) end as integer)
            as gcse_good_pass_count,
        case
            when cohort.stage_code = 'KS4' then coalesce(reached.english + reached.mathematics, 0) = 2
        end as is_english_and_mathematics_good,
        cast(reached.attainment_8_score as double) as attainment_8_score,
        cast(reached.progress_8_score as double) as progress_8_score

    from cohort

    -- left: who sat nothing counts
    left join reached
        on cohort.authority_code = reached.authority_code
            and cohort.child_key = reached.child_key
            and cohort.result_year = reached.result_year
            and cohort.stage_code = reached.stage_code

)

select * from final
