# Override with a name and digest of your own to pin what is built on, or to build from a local base.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
RUN python -m venv --without-pip /app/venv
# Everything that is installed is locked by hash: the program's packages with those for Postgres,
# and what builds the program.
COPY requirements-postgres.lock requirements-dev.lock ./
RUN python -m pip --python /app/venv/bin/python install --no-cache-dir --no-deps --require-hashes \
      --only-binary :all: --requirement requirements-postgres.lock \
    && awk '/^[^ #]/ { keep = /^setuptools==/ } keep' requirements-dev.lock > build.lock \
    && python -m pip install --no-cache-dir --require-hashes --only-binary :all: --requirement build.lock
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY bot bot
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m pip --python /app/venv/bin/python install --no-cache-dir --no-deps /wheels/*.whl \
    && /app/venv/bin/python -m compileall -q /app/venv \
    && /app/venv/bin/python -m bot.readers.secrets

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="Handoff" \
      org.opencontainers.image.description="Holds a pull request until its handoff checklist is true" \
      org.opencontainers.image.licenses="Apache-2.0"
# Nothing is installed into a running container.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore pip \
    && install --directory --owner=65532 --group=65532 --mode=0700 /data
COPY --from=build /app/venv /app/venv
# The compiled rules of the secret scanner are believed only where they are the user's own.
COPY --from=build --chown=65532:65532 /app/venv/share/handoff /app/venv/share/handoff
ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HANDOFF_HOST=0.0.0.0 \
    HANDOFF_PORT=8080 \
    HANDOFF_ADMIN_PORT=9090 \
    HANDOFF_DATA_DIR=/data
WORKDIR /app
USER 65532:65532
VOLUME /data
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["handoff", "health"]
ENTRYPOINT ["handoff"]
CMD ["serve"]
