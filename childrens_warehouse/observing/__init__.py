"""What can be seen from outside of a warehouse at work: lines, lineage, metrics, and what is wrong with it.

    logs       what is said, line by line
    steps      what a night does: who did it, how long it took, how it ended
    lineage    what was made of what, as OpenLineage events
    metrics    figures of the last nights, as OpenTelemetry metrics
    doctor     is this installation as it must be?

All of it is told from the ledger, the manifests and dbt's own records: names, counts and codes, never a value of a row.
"""
