{#- Who is asked what, at 31 March of the collection year, when the month of birth decides every age:
    - development checks: under five. Born in March 2012, the fifth birthday is over on 31 March 2017: not asked.
      Born in April 2012: asked.
    - strengths and difficulties: 4 to 16. Born in March 2013 and in April 2000: asked. Born in April 2013 (three)
      and in March 2000 (seventeen): not.
    - convicted: from 10 on. Born in March 2007: asked. Born in April 2007: not. -#}
with

answers as (

    {{ in_force(
        of_children(ref('stg_social_care__oc2'), 'social_care'),
        ['authority_code', 'child_key', 'coalesce(collection_year, ' ~ collection_year_of('stamp') ~ ')']
    ) }}

),

answered as (

    select
        *,
        coalesce(collection_year, {{ collection_year_of('stamp') }}) as answered_year

    from answers

),

dated as (

    select
        *,
        cast(concat(cast(answered_year as {{ dbt.type_string() }}), '-03-31') as date) as year_ends_on

    from answered

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,
        cast(answered_year as integer) as collection_year,
        year_ends_on,

        -- who is asked
        {{ turned(5, 'birth_month', 'year_ends_on') }} = false as is_eligible_for_health_check,
        {{ turned(4, 'birth_month', 'year_ends_on') }} and not {{ turned(17, 'birth_month', 'year_ends_on') }}
            as is_eligible_for_sdq,
        {{ turned(10, 'birth_month', 'year_ends_on') }} as is_eligible_for_convicted,

        -- strengths and difficulties
        sdq_score,
        {{ sdq_band('sdq_score') }} as sdq_band_code,
        sdq_reason_code,

        -- yes or no
        {%- for flag, code in [
            ('is_convicted', 'convicted_code'),
            ('is_health_check_up_to_date', 'health_check_code'),
            ('is_immunisation_up_to_date', 'immunisations_code'),
            ('is_teeth_checked', 'teeth_check_code'),
            ('is_health_assessed', 'health_assessment_code'),
            ('is_misusing_substances', 'substance_misuse_code'),
            ('is_intervention_received', 'intervention_received_code'),
            ('is_intervention_refused', 'intervention_offered_code'),
        ] %}
            case {{ code }} when '1' then true when '0' then false end as {{ flag }},
        {%- endfor %}

        -- lineage
        marks,
        source_file,
        source_row

    from dated

)

select * from final
