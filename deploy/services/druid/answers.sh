#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once broker and historical answer, and the overlord knows its indexer.
host=http://127.0.0.1
curl -fsS -m 2 "$host:$(($2 + 1))/druid/broker/v1/readiness" &&
    curl -fsS -m 2 "$host:$(($2 + 2))/druid/historical/v1/readiness" &&
    curl -fsS -m 2 "$host:$2/druid/indexer/v1/workers" | grep -q "127.0.0.1:$(($2 + 3))"
