#!/bin/sh
# Makes the secrets that docker-compose.yml reads, once: secrets.sh [FOLDER]   (default .secrets)
# The folder is closed to others; the files are readable, because containers read them under users of their own.
set -eu

folder=${1:-.secrets}
mkdir -p "$folder"
chmod 700 "$folder"
echo '*' >"$folder/.gitignore"

make() {
    [ -s "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
}

make store_access_key chalkstream
make store_secret_key "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
