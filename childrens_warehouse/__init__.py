"""A nightly data warehouse for English children's services.

Reading order for a newcomer: `datasets` (what arrives), `landing` (how it is judged and kept), `raw` (what is
in force), `build` (dbt and the gate), `publish` (releases), `orchestration` (the only folder that knows Airflow).
"""

__version__ = "0.1.0"
