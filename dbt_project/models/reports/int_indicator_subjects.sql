{#- Which events fall into which period, from the day of the event alone. Of 31 March 2017:
      - 31 March is in the month, the quarter, the financial year, the school year and the last twelve months;
      - 28 February is in no month that ends then, but in its own; 31 March 2016 is in none of them.
    Where subjects are counted, a child with three events in the quarter counts once. -#}
with

published as (

    select * from {{ ref('int_indicator_coverage') }}

),

rows_of_a_day as (

    select * from {{ ref('int_indicator_rows') }}
    where counted = 'on_day'

),

days as (

    select * from {{ ref('int_indicator_days') }}

),

on_their_day as (

    select
        published.figure_number,
        rows_of_a_day.subject_key,
        rows_of_a_day.in_denominator,
        rows_of_a_day.in_numerator,
        rows_of_a_day.measure,
        cast(null as date) as first_event_on,
        cast(null as date) as last_event_on

    from rows_of_a_day
    inner join published
        on rows_of_a_day.indicator_id = published.indicator_id
            and rows_of_a_day.authority_code = published.authority_code
            and rows_of_a_day.as_at = published.as_at

),

-- Most are the only ones of their subject in a period: those need no grouping, which is what costs.
neighboured as (

    select
        days.*,
        lag(happened_on) over (
            partition by indicator_id, authority_code, subject_key
            order by happened_on
        ) as before_on,
        lead(happened_on) over (
            partition by indicator_id, authority_code, subject_key
            order by happened_on
        ) as after_on

    from days

),

alone as (

    select
        published.figure_number,
        neighboured.subject_key,
        neighboured.in_denominator,
        neighboured.in_numerator,
        neighboured.most_in_denominator,
        neighboured.most_in_numerator,
        neighboured.measure,
        neighboured.happened_on as first_event_on,
        neighboured.happened_on as last_event_on

    from neighboured
    inner join published
        on neighboured.indicator_id = published.indicator_id
            and neighboured.authority_code = published.authority_code
            and neighboured.happened_on between published.starts_on and published.as_at
    where
        (neighboured.before_on is null or neighboured.before_on < published.starts_on)
        and (neighboured.after_on is null or neighboured.after_on > published.as_at)

),

together as (

    select
        published.figure_number,
        neighboured.subject_key,
        sum(neighboured.in_denominator) as in_denominator,
        sum(neighboured.in_numerator) as in_numerator,
        max(neighboured.most_in_denominator) as most_in_denominator,
        max(neighboured.most_in_numerator) as most_in_numerator,
        -- of several events there is no one figure that decided
        cast(null as double) as measure,
        min(neighboured.happened_on) as first_event_on,
        max(neighboured.happened_on) as last_event_on

    from neighboured
    inner join published
        on neighboured.indicator_id = published.indicator_id
            and neighboured.authority_code = published.authority_code
            and neighboured.happened_on between published.starts_on and published.as_at
    where neighboured.before_on >= published.starts_on or neighboured.after_on <= published.as_at
    group by published.figure_number, neighboured.subject_key

),

gathered as (

    select * from alone
    union all
    select * from together

),

in_their_periods as (

    select
        gathered.figure_number,
        gathered.subject_key,
        cast(
            case published.counts when 'subjects' then gathered.most_in_denominator else gathered.in_denominator end
            as bigint
        ) as in_denominator,
        cast(
            case published.counts when 'subjects' then gathered.most_in_numerator else gathered.in_numerator end
            as bigint
        ) as in_numerator,
        gathered.measure,
        gathered.first_event_on,
        gathered.last_event_on

    from gathered
    inner join published
        on gathered.figure_number = published.figure_number

),

final as (

    select * from on_their_day
    union all
    select * from in_their_periods

)

select * from final
