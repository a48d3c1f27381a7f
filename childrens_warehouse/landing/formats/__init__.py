"""Readers, one per file format: each splits a file into cells, as text, and judges nothing but the file's form.

A reader is told the file, the datasets it bears and the collection year it speaks of, and returns `TextRows` for
each dataset. What a cell means, and which rows are refused, is childrens_warehouse.landing.rows: the same for
every format.
"""
