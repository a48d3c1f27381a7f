"""Pictures of the report: each function takes figures as a release has them and returns a Picture.

`trend` over time, `year` within years, `quarters` in bars, `composition` of a whole, `stability` of placements,
`funnel` beside others, `waterfall` of who came and went, `calendar` by month and group; for the panel edition alone
`pyramid` and `places`. A figure that is suppressed, not available or missing is never drawn as 0.
"""

import sys

# jsonschema, which Altair brings, loads a grammar of web addresses where it finds one: a second for each process, for a
# format that no picture has. Told that it is not there, it goes without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
