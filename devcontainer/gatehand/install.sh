#!/bin/sh
# Installs the command gatehand into an environment of its own; run as root while a container is built.
set -eu

version=${VERSION:-latest}
prefix=${GATEHAND_PREFIX:-/usr/local}
home=$prefix/share/gatehand

wanted=gatehand
if [ "$version" != latest ]; then
    wanted=gatehand==$version
fi

python=
for name in python3 python3.13 python3.12 python3.11; do
    if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "gatehand needs Python 3.11 or newer, with venv." >&2
    echo "  Fix: add the feature ghcr.io/devcontainers/features/python to devcontainer.json" >&2
    exit 1
fi

"$python" -m venv "$home"
"$home/bin/pip" install --disable-pip-version-check --no-cache-dir "$wanted"
mkdir -p "$prefix/bin"
ln -sf "$home/bin/gatehand" "$prefix/bin/gatehand"
