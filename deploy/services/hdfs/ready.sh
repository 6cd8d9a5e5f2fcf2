#!/bin/sh
# usage: ready.sh DATA_DIR PORT PID SECONDS -> returns once files can be written; fails when it ends or the time is over.
set -eu
ended=$(dirname "$0")/../ended.sh
data=${1:?usage: ready.sh DATA_DIR PORT PID SECONDS}
port=${2:?port}
pid=${3:?pid}
tries=$((${4:-60} * 2))
web=http://127.0.0.1:$((port + 1))

answers() { # out of safe mode, and it knows its DataNode; in its first seconds it refuses everything
    curl -fsS -m 2 "$web/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState" | tr -d ' \n' > "$data/state.json" &&
        grep -q '"NumLiveDataNodes":1' "$data/state.json" && grep -q '"FSState":"Operational"' "$data/state.json"
}

until answers > /dev/null 2>&1; do
    if "$ended" "$pid"; then
        echo "HDFS ended before it was ready." >&2
        tail -n 5 "$data/namenode.log" "$data/datanode.log" >&2 || true
        exit 70
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        echo "HDFS did not become ready in ${4:-60} s; see namenode.log and datanode.log in $data." >&2
        exit 70
    fi
    sleep 0.5
done
