#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes the Redis server on 127.0.0.1:PORT (36379). Every write is handed to the kernel
# before it is answered, so a killed server loses none (with everysec it may wait two seconds for a sync). REDIS_SERVER names
# the binary, else it is Debian's; REDIS_EXTRA adds options, such as "--maxmemory 4mb".
set -eu
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
server=${REDIS_SERVER:-redis-server}
if ! command -v "$server" > /dev/null; then
    echo "Redis is missing. Install redis-server (Debian: apt-get install redis-server), or name one by REDIS_SERVER." >&2
    exit 69
fi
# shellcheck disable=SC2086 # options are words
exec "$server" --bind 127.0.0.1 --port "${2:-36379}" --dir "$1" --save "" --appendonly yes --appendfsync no \
    --daemonize no ${REDIS_EXTRA:-} > "$1/server.log" 2>&1
