#!/usr/bin/env bash
# Does what the official image's entrypoint does: as root it gives the data folder to postgres and becomes that user; the first time it
# creates the cluster, and the database by a server that only listens on its socket.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres -m 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  PGPASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
  export PGPASSWORD
  # shellcheck disable=SC2086 # several arguments
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$PGPASSWORD") $POSTGRES_INITDB_ARGS
  pg_ctl --wait --options="-c listen_addresses='' ${*:2}" start
  createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  pg_ctl --wait --mode=fast stop
  unset PGPASSWORD
fi
exec "$@"
