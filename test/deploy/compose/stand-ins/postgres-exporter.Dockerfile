# Debian's exporter of PostgreSQL, as the user that the official image has.
FROM lookalike-test/bookworm
RUN apt-get update && apt-get install -y --no-install-recommends prometheus-postgres-exporter && rm -rf /var/lib/apt/lists/*
USER nobody
ENTRYPOINT ["prometheus-postgres-exporter"]
