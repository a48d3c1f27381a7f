{#- The grain of a table of school sessions: at most one row per `columns`, day and half of the day, judged in the
    partitions that are rebuilt tonight.

    columns: must name the month. Each half day of a month is one bit, so that the test keeps a number per pupil and
    month instead of one group per session: the same answer in a sixth of the time. A session that is
    neither AM nor PM has no bit and fails too. -#}
{% test unique_sessions(model, columns, session_date='session_date', session_code='session_code') %}

with

rebuilt as (

    select
        authority_code,
        session_month

    from {{ ref('stg_warehouse__attendance_partitions') }}
    where is_rebuilt

),

slots as (

    select
        {{ columns | join(',\n        ') }},
        extract(day from {{ session_date }}) * 2 - case {{ session_code }} when 'AM' then 2 when 'PM' then 1 end as slot

    from {{ model }} as sessions
    where
        -- months that are kept are not even read
        session_month between (select min(session_month) from rebuilt) and (select max(session_month) from rebuilt)
        and exists (
            select 1
            from rebuilt
            where
                rebuilt.authority_code = sessions.authority_code
                and rebuilt.session_month = sessions.session_month
        )

)

select
    {{ columns | join(',\n    ') }},
    count(*) as row_count

from slots
group by {{ columns | join(', ') }}
having count(*) <> coalesce(bit_count(bit_or(cast(1 as bigint) << cast(slot as integer))), 0)

{% endtest %}
