#!/bin/sh
# Serves the hotline's database; makes it once, whole or not at all. Runs as the user postgres.
# The superuser has no password and comes in through the socket only; the role hotline owns the one database.
set -eu
data=/var/lib/postgresql/data
secret=/run/secrets/postgres_password
umask 077

if [ ! -s "$data/PG_VERSION" ]; then
    if [ ! -r "$secret" ] || [ ! -s "$secret" ]; then
        echo "postgres: $secret is missing or cannot be read: run sh containers/make-secrets.sh first" >&2
        exit 2
    fi
    echo "postgres: making the database"
    rm -rf "$data.new"
    initdb --username=postgres --auth-local=peer --auth-host=scram-sha-256 --encoding=UTF8 --no-locale \
        --no-instructions -D "$data.new" >/dev/null
    password=$(tr -d '\n' <"$secret" | sed "s/'/''/g")
    # One statement a line: that is how the single-user server reads.
    postgres --single -D "$data.new" postgres >/dev/null <<SQL
CREATE ROLE hotline LOGIN PASSWORD '$password'
CREATE DATABASE hotline OWNER hotline
SQL
    echo "host hotline hotline samenet scram-sha-256" >>"$data.new/pg_hba.conf"
    mv "$data.new" "$data"
fi

exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql \
    -c max_connections=200 -c timezone=UTC -c log_line_prefix='%m [%p] '
