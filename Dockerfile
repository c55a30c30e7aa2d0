# One file for every image of ours: `docker build --build-arg PROGRAM=services.entry .` bakes in which program runs.
# `--target` chooses what the image holds: service (the code of the services), migrate (with what sets up databases and
# topics), simulator (the simulated Single Window alone).
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY deploy/requirements.lock /build/requirements.lock
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --require-hashes --no-deps --only-binary=:all: -r /build/requirements.lock

FROM ${PYTHON_IMAGE} AS base
ARG PROGRAM
RUN test -n "$PROGRAM" \
 && groupadd --system --gid 10001 bondgate \
 && useradd --system --uid 10001 --gid bondgate --home-dir /app --shell /usr/sbin/nologin bondgate \
 && install -d -o bondgate -g bondgate /var/lib/bondgate /var/lib/bondgate/data /var/lib/bondgate/exchange
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BONDGATE_HOME=/var/lib/bondgate \
    BONDGATE_DATA_DIR=/var/lib/bondgate/data \
    BONDGATE_HOST=0.0.0.0 \
    BONDGATE_PORT=8100 \
    PROGRAM=${PROGRAM}
USER 10001:10001
EXPOSE 8100
# SIGTERM ends a service in order: the request and the event in hand, then the outbox.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --retries=6 \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"BONDGATE_PORT\"]}/readyz', timeout=4)"]
CMD ["sh", "-c", "exec python -m \"$PROGRAM\""]

FROM base AS code
COPY pyproject.toml pyproject.toml
COPY contracts contracts
COPY customs customs
COPY backbone backbone
COPY services services

FROM code AS migrate
COPY local local

FROM base AS simulator
COPY simulators simulators

FROM code AS service
