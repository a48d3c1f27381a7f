-- One row per accepted file, beside the ten files of its scope that were generated before it.
with

accepted_file as (

    select
        authority,
        dataset,
        scope,
        generated_at,
        sha256,
        any_value(source) as source,
        any_value(file_name) as file_name,
        max(extract_date) as extract_date,
        any_value(rows_read) as rows_read,
        any_value(rows_refused) as rows_refused

    from file_event
    where status in ('accepted', 'unchanged')
    group by authority, dataset, scope, generated_at, sha256

),

compared as (

    select
        *,
        count(*) over recent as files_compared,
        median(rows_read) over recent as usual_rows,
        median(rows_refused) over recent as usual_refused

    from accepted_file
    window recent as (
        partition by authority, dataset, scope
        order by generated_at, extract_date, sha256
        rows between 10 preceding and 1 preceding
    )

)

select
    authority,
    source,
    dataset,
    scope,
    generated_at,
    extract_date,
    file_name,
    sha256,
    rows_read,
    usual_rows,
    rows_refused,
    usual_refused,
    files_compared,
    -- below twenty rows a tenfold is chance; with fewer than three files nothing is usual yet
    case
        when files_compared < 3 or greatest(rows_read, usual_rows) < 20 then null
        when rows_read >= 10 * usual_rows then 'VOLUME-UNUSUAL'
        when rows_read * 10 <= usual_rows then 'VOLUME-UNUSUAL'
    end as rule,
    files_compared >= 3 and rows_refused > greatest(2 * usual_refused, usual_refused + 9) as is_refused_unusual

from compared
