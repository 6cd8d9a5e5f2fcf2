#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once the server has started.
grep -q "Kafka Server started" "$1/server.log"
