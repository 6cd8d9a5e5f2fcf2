#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes a store that speaks S3 on 127.0.0.1:PORT (37070): versitygw in front of DATA_DIR.
# Keys: eventplatform / eventplatform-secret. Buckets are folders of DATA_DIR/buckets. S3_SERVER=moto needs no Go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-37070}
if [ "${S3_SERVER:-versitygw}" = moto ]; then # the light one, which forgets all when it ends; PYTHON has moto installed
    exec "${PYTHON:-python3}" -m moto.server -H 127.0.0.1 -p "$port" > "$data/server.log" 2>&1
fi
gateway=$("$here/gateway.sh")
mkdir -p "$data/buckets" "$data/metadata"
cd "$data"
# Attributes beside the files, not inside them: not every file system has room for them.
exec "$gateway" --access eventplatform --secret eventplatform-secret --port "127.0.0.1:$port" --quiet \
    posix --sidecar "$data/metadata" "$data/buckets" > "$data/server.log" 2>&1
