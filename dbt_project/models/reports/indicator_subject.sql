{#- A view where views outlive the build (dbt_project.yml): the names of a figure on each of millions of rows cost more
    than all that is computed. -#}
{{ config(schema='marts', access='public') }}

with

figures as (

    select * from {{ ref('int_indicator_coverage') }}

),

subjects as (

    select * from {{ ref('int_indicator_subjects') }}

),

final as (

    select
        figures.indicator_id,
        figures.authority_code,
        figures.as_at,
        figures.period,
        subjects.subject_key,
        subjects.in_denominator,
        subjects.in_numerator,
        subjects.measure,
        subjects.first_event_on,
        subjects.last_event_on

    from subjects
    inner join figures
        on subjects.figure_number = figures.figure_number

)

select * from final
