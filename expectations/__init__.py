"""Great Expectations suites as code: `arrivals/` one per dataset, `publication/` one per public table.

`rules.csv` explains every rule code: what it is, when it matters, how to put it right.
"""
