# The warehouse and Airflow in one image; docker-compose.yml runs it. docs/operating-guide.md has the steps.
#
# Build with the digest of the day, so that the same commit gives the same image:
#   docker compose build --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:<digest>
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
COPY requirements-uv.txt requirements-service.lock /build/
# Compiled at once: an Airflow command that has to compile Airflow first takes a quarter of a minute.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /build/requirements-uv.txt \
    && /opt/venv/bin/uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode \
        --require-hashes -r /build/requirements-service.lock

FROM ${PYTHON_IMAGE}
# WeasyPrint prints pages with Pango.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation \
    && rm -rf /var/lib/apt/lists/*
# A fixed id, so that the volumes of one image belong to the user of the next.
ARG WAREHOUSE_UID=10310
RUN groupadd --gid "${WAREHOUSE_UID}" warehouse \
    && useradd --uid "${WAREHOUSE_UID}" --gid warehouse --create-home warehouse \
    && install -d -o warehouse -g warehouse -m 0710 /warehouse \
    && install -d -o warehouse -g warehouse -m 0700 /logs /airflow

COPY --from=builder /opt/venv /opt/venv
WORKDIR /opt/warehouse
COPY pyproject.toml README.md LICENSE ./
COPY childrens_warehouse childrens_warehouse
COPY expectations expectations
COPY dags dags
COPY deploy deploy
COPY dbt_project dbt_project
COPY seeds seeds
RUN /opt/venv/bin/uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode \
        --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/python -m compileall -q childrens_warehouse expectations

ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/airflow \
    WAREHOUSE_HOME=/warehouse
# The code belongs to root: whoever gets into a running container cannot change what tomorrow's night does.
USER warehouse
VOLUME ["/warehouse", "/logs"]
CMD ["airflow", "version"]
