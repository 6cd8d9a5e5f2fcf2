#!/bin/sh
# usage: start.sh DATA_DIR [PORT] -> starts Kafka in the background, waits until it is ready, prints its process id.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${1:?usage: start.sh DATA_DIR [PORT]}
port=${2:-39092}
mkdir -p "$data"
if [ -f "$data/kafka.pid" ] && ps -o args= -p "$(cat "$data/kafka.pid")" 2> /dev/null | grep -q kafka.Kafka; then
    echo "Kafka is running in $data already, as process $(cat "$data/kafka.pid"); stop.sh stops it." >&2
    exit 75
fi
"$here/jars.sh" > /dev/null # before the clock of readiness starts
rm -f "$data/server.log"
"$here/run.sh" "$data" "$port" < /dev/null > "$data/start.log" 2>&1 &
pid=$!
echo "$pid" > "$data/kafka.pid"
if ! "$here/../ready.sh" kafka "$data" "$port" "$pid"; then
    cat "$data/start.log" >&2
    "$here/stop.sh" "$data"
    exit 70
fi
echo "$pid"
