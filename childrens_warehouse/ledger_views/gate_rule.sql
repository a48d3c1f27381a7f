-- One row per rule that a build's gate found not met.
select
    gate_event.recorded_at,
    gate_event.run_id,
    gate_event.build_id,
    gate_event.suite as table_name,
    gate_event.verdict as suite_verdict,
    json_extract_string(failed.value, '$.rule') as rule,
    json_extract_string(failed.value, '$.severity') as severity,
    json_extract_string(failed.value, '$.column') as column_name,
    cast(json_extract_string(failed.value, '$.unexpected_count') as bigint) as unexpected_count,
    cast(json_extract_string(failed.value, '$.element_count') as bigint) as element_count

from gate_event, json_each(gate_event.failed) as failed
