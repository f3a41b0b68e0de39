#!/bin/sh
# Builds the image without a container engine and tries it: build-image.sh [NAME]   (default localhost/chalkstream:latest)
#
#   BASE   a Debian image to build on; without it a small one is made by debootstrap, once (localhost/base:bookworm)
#   TORCH, TORCH_INDEX   as in the Dockerfile
#   PIP_CERT   as pip knows it: certificate authorities of a network that has its own; only the build sees them
#
# Needs root, buildah and debootstrap. Nothing is pushed; `buildah rmi NAME` removes the result.
set -eu

name=${1:-localhost/chalkstream:latest}
here=$(cd "$(dirname "$0")" && pwd)
buildah() { command buildah --storage-driver vfs "$@"; }

need() {
    command -v "$1" >/dev/null || {
        echo "error: unavailable: $1 is not installed - apt-get install $1" >&2
        exit 1
    }
}

make_base() {
    need debootstrap
    room=$(mktemp -d)
    trap 'rm -rf "$room"' EXIT
    debootstrap --variant=minbase bookworm "$room/root" >"$room/log" || { tail -n 5 "$room/log" >&2; exit 1; }
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$room/root" / >/dev/null
    buildah commit --quiet "$base" "$1" >/dev/null
    buildah rm "$base" >/dev/null
    rm -rf "$room"
}

try() {
    box=$(buildah from "$name")
    trap 'buildah rm "$box" >/dev/null' EXIT
    inside() { buildah run --isolation chroot --user 10001:10001 "$box" -- "$@"; }
    inside chalkstream --help >/dev/null
    [ "$(inside id -u)" = 10001 ] || { echo "error: the image does not run as its own user" >&2; exit 1; }
    if inside touch /opt/chalkstream/probe 2>/dev/null; then
        echo "error: the program can change its own files" >&2
        exit 1
    fi
    inside python3 -c 'import av, ctranslate2, faster_whisper, onnxruntime, aiokafka, boto3'
}

need buildah
began=$(date +%s)
if [ -z "${BASE:-}" ]; then
    BASE=localhost/base:bookworm
    buildah inspect --type image "$BASE" >/dev/null 2>&1 || make_base "$BASE"
fi
set --
if [ -n "${PIP_CERT:-}" ]; then
    set -- --volume "$PIP_CERT:/run/build-ca.pem:ro" --build-arg PIP_CERT=/run/build-ca.pem
fi
buildah bud "$@" --quiet --isolation chroot --layers=false --tag "$name" \
    --build-arg BASE="$BASE" --build-arg TORCH="${TORCH:-none}" --build-arg TORCH_INDEX="${TORCH_INDEX:-}" \
    --ignorefile "$here/Dockerfile.dockerignore" --file "$here/Dockerfile" "$here/../.." >/dev/null
(try)
buildah images --format 'built {{.Name}}:{{.Tag}} {{.Size}}' "$name"
echo "in $(($(date +%s) - began)) s"
