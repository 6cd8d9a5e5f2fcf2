#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once the node listens.
grep -q "Starting listening for CQL clients" "$1/server.log"
