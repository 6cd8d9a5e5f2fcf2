#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once it answers, with whatever status.
curl -sS -m 2 "http://127.0.0.1:$2/ping"
