"""Apache Spark as the engine of a build, in the place of DuckDB: the same dbt project on the same raw Parquet.

Spark computes, and leaves every table as Parquet in the lake of the build (build/lake). What comes before and after is
the same on every engine: raw is chosen, the candidate judged and the release written by DuckDB, which reads the lake
where it lies and never holds it whole. docs/adr/0018-spark.md has the reasons.
"""
