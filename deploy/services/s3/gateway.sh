#!/bin/sh
# usage: gateway.sh -> builds versitygw (S3 in front of a folder) once and prints its path. EVENTPLATFORM_CACHE moves the cache.
set -eu
version=v1.8.0
cache=${EVENTPLATFORM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eventplatform}
folder=$cache/versitygw-$version

if [ ! -x "$folder/versitygw" ]; then
    if ! command -v go > /dev/null; then
        echo "Go is missing, and versitygw is not in $folder yet. Install Go 1.24 or newer, or use moto (S3_SERVER=moto)." >&2
        exit 69
    fi
    # Built aside and moved: a build that was cut off leaves nothing that looks whole.
    aside=$folder.new-$$
    mkdir -p "$aside"
    trap 'chmod -R u+w "$aside" && rm -rf "$aside"' EXIT
    echo "Building versitygw $version (84 MB, once, about a minute and a half) …" >&2
    if ! GOBIN="$aside" GOFLAGS=-trimpath go install "github.com/versity/versitygw/cmd/versitygw@$version" >&2; then
        echo "Go could not build versitygw; its words stand above." >&2
        exit 69
    fi
    mkdir -p "$folder"
    mv -f "$aside/versitygw" "$folder/versitygw"
fi
echo "$folder/versitygw"
