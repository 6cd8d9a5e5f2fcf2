#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes ClickHouse on 127.0.0.1:PORT (38123) for HTTP: its engine as the wheel chdb-core has
# it, behind as much of its HTTP interface as statements with data need (server.py). Everybody who reaches it may do everything.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-38123}
python=${PYTHON:-python3}
wanted=$here/requirements.txt
hash=$({ sha256sum "$wanted" 2> /dev/null || shasum -a 256 "$wanted"; } | cut -c1-16)
cache=${EVENTPLATFORM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eventplatform}
engine=$cache/clickhouse-$hash

if [ ! -d "$engine" ]; then
    # Fetched aside and moved: a fetch that was cut off leaves nothing that looks whole.
    aside=$engine.new-$$
    trap 'rm -rf "$aside"' EXIT
    mkdir -p "$cache"
    echo "Fetching ClickHouse's engine (230 MB, once) …" >&2
    if ! "$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --target "$aside" -r "$wanted" >&2; then
        echo "pip could not fetch ClickHouse's engine; its words stand above." >&2
        exit 69
    fi
    [ -d "$engine" ] || mv "$aside" "$engine" # another starter may have been quicker
fi
export PYTHONPATH="$engine"
exec "$python" "$here/server.py" "$data" "$port" > "$data/server.log" 2>&1
