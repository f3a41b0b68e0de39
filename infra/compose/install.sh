#!/bin/sh
# Installs the project that lies in the working directory into the environment VENV: install.sh VENV TORCH TORCH_INDEX
set -eu

venv=$1 torch=$2 index=$3
pip() { "$venv/bin/pip" install --no-cache-dir --disable-pip-version-check --quiet "$@"; }

case $torch in
none) extra='[otel]' ;;
cuda) extra='[image,otel]' ;;
cpu)
    extra='[image,otel]'
    if [ -n "$index" ]; then
        pip --index-url "$index" torch
    elif [ "$(uname -m)" = x86_64 ]; then
        echo "TORCH=cpu on x86 needs TORCH_INDEX: the usual index has CUDA builds only" >&2
        exit 2
    fi
    ;;
*)
    echo "TORCH is none, cuda or cpu, not '$torch'" >&2
    exit 2
    ;;
esac

if [ -f constraints.txt ]; then
    pip --constraint constraints.txt ".$extra"
else
    pip ".$extra"
fi
"$venv/bin/pip" check
