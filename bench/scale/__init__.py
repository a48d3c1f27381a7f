"""How time, memory and disk grow with the rows of attendance and with authorities: `make bench-scale`.

    cases       what is measured: engine, series, size
    extracts    the deliveries of a case
    measure     a first load and one more night of a case, each in a process of its own
    results     one line of JSON per measurement
    fitting     a fixed cost and a power of the rows, from few points
    bounds      what must hold
    outlook     what follows for areas that were not measured
    page        docs/scale.md, from the measurements
"""
