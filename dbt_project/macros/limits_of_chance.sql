{#- Limits of chance of what was counted, for a normal deviate z (1.96 for 95 of 100).

    wilson: a limit ('-' or '+') of a share of `total` (Wilson 1927). Null where there is nothing to be a share of.
    byar_lower, byar_upper: of a number of events (Byar's approximation to the exact limits of a Poisson count). -#}
{% macro wilson(share, total, z, sign) -%}
    (
        (
            {{ share }} + {{ z }} * {{ z }} / (2 * {{ total }})
            {{ sign }} {{ z }} * sqrt(
                greatest({{ share }} * (1 - {{ share }}), 0) / {{ total }} + {{ z }} * {{ z }} / (4 * {{ total }} * {{ total }})
            )
        ) / (1 + {{ z }} * {{ z }} / {{ total }})
    )
{%- endmacro %}

{% macro byar_lower(events, z) -%}
    ({{ events }} * {{ cubed('(1 - 1 / (9 * ' ~ events ~ ') - ' ~ z ~ ' / (3 * sqrt(' ~ events ~ ')))') }})
{%- endmacro %}

{% macro byar_upper(events, z) -%}
    (
        ({{ events }} + 1)
        * {{ cubed('(1 - 1 / (9 * (' ~ events ~ ' + 1)) + ' ~ z ~ ' / (3 * sqrt(' ~ events ~ ' + 1)))') }}
    )
{%- endmacro %}

{#- Written out: multiplying is the same to the last bit on every engine, a power is not. -#}
{% macro cubed(expression) -%}
    {{ expression }} * {{ expression }} * {{ expression }}
{%- endmacro %}
