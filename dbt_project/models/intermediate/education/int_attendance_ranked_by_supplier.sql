{%- set precedence = var('attendance_supplier_precedence') -%}

with

-- The list is named twice, not once for both: as a step of its own all of it would be written down first.
-- A tiny answer from one pass: ranking every mark of the area instead would sort fourteen million rows.
shared_registers as (

    select
        authority_code,
        school_urn,
        session_date

    from {{ ref('stg_education__attendance') }}
    group by authority_code, school_urn, session_date
    having min(supplier) <> max(supplier)

),

final as (

    select
        kept.authority_code,
        kept.pupil_key,
        kept.school_urn,
        kept.session_date,
        kept.session_month,
        kept.session_code,
        kept.mark,
        kept.supplier,
        cast(
            row_number() over (
                partition by
                    kept.authority_code, kept.pupil_key, kept.school_urn, kept.session_date, kept.session_code
                order by
                    -- a supplier that recorded nothing does not silence one that did
                    case when kept.mark is null then 1 else 0 end,
                    {%- if precedence %}
                    case kept.supplier
                        {%- for supplier in precedence %}
                        when {{ dbt.string_literal(dbt.escape_single_quotes(supplier)) }} then {{ loop.index }}
                        {%- endfor %}
                        else {{ precedence | length + 1 }}
                    end,
                    {%- endif %}
                    kept.supplier
            ) as integer
        ) as supplier_rank

    from {{ ref('stg_education__attendance') }} as kept
    inner join shared_registers
        on
            kept.authority_code = shared_registers.authority_code
            and kept.school_urn = shared_registers.school_urn
            and kept.session_date = shared_registers.session_date

)

select * from final
