"""How Great Expectations suites are run and what their answer means."""
