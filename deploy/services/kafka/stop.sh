#!/bin/sh
# usage: stop.sh DATA_DIR -> stops the server that start.sh started there; after 10 s by force.
set -eu
file=${1:?usage: stop.sh DATA_DIR}/kafka.pid
[ -f "$file" ] || exit 0
pid=$(cat "$file")
if ! ps -o args= -p "$pid" 2> /dev/null | grep -q kafka.Kafka; then # the number may be another program's by now
    rm -f "$file"
    exit 0
fi
kill "$pid" 2> /dev/null || true
tries=50
while kill -0 "$pid" 2> /dev/null; do
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then kill -9 "$pid" 2> /dev/null || true; fi
    if [ "$tries" -le -25 ]; then break; fi # gone or a zombie that only its parent can bury
    sleep 0.2
done
rm -f "$file"
