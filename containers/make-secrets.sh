#!/bin/sh
# Makes the secrets of docker-compose.yml: sh containers/make-secrets.sh [folder]. What is there already is kept.
#
# Compose mounts each file into the containers that need it, with the mode it has here; the users in there are not the
# one who runs this, so the files are readable by all and the folder around them is closed to everybody but its owner.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-${HOTLINE_SECRETS:-.local/containers/secrets}}
umask 077
mkdir -p "$folder"
chmod 0700 "$folder"

keep() { # name, text: written in one step
    if [ ! -s "$folder/$1" ]; then
        printf '%s' "$2" >"$folder/.$1.new"
        chmod 0444 "$folder/.$1.new"
        mv -f "$folder/.$1.new" "$folder/$1"
        echo "made $folder/$1"
    fi
}

random() {
    text=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
    if [ "${#text}" -ne 64 ]; then
        echo "error: /dev/urandom gave no random bytes" >&2
        exit 1
    fi
    printf '%s' "$text"
}

for name in session_secret link_token intake_token seat_secret ami_events_secret ami_actions_secret postgres_password; do
    new=$(random)
    keep "$name" "$new"
done
keep database_url "postgresql://hotline:$(cat "$folder/postgres_password")@postgres:5432/hotline"
