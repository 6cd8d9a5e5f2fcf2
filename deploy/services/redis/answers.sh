#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once the server takes connections.
grep -q "Ready to accept connections" "$1/server.log"
