{#- Councils word the plan as they like; words differ in case, endings and punctuation. The first line that fits tells
    what is meant: adoption before fostering, because of fostering for adoption. -#}
with

periods as (

    select
        periods.*,
        lower(trim(permanence_plan)) as words

    from {{ of_children(ref('stg_social_care__annex_a_8_children_in_care'), 'social_care') }} as periods
    qualify
        row_number() over (
            partition by authority_code, child_key, started_on
            order by stamp desc, source_file desc, source_row desc
        ) = 1

),

final as (

    select
        -- identifiers
        authority_code,
        child_key,

        -- dates
        started_on,
        ended_on,

        -- the plan
        case
            when words like '%adopt%' then 'adoption'
            when
                words like '%guardian%' or words like '%sgo%' or words like '%arrangements order%' or words like '%cao%'
                then 'guardianship'
            when words like '%return%' or words like '%rehabilitat%' or words like '%reunif%' then 'return_home'
            when words like '%foster%' then 'long_term_fostering'
            when words like '%residential%' then 'residential'
            when words like '%supported%' or words like '%independen%' then 'supported_living'
            when coalesce(words, '') = '' then 'unknown'
            else 'other'
        end as permanence_plan_code,

        -- lineage
        marks,
        source_file,
        source_row

    from periods

)

select * from final
