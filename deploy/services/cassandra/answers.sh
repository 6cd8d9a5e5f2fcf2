#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once the node listens, which it says a moment before it does.
grep -q "Starting listening for CQL clients" "$1/server.log" || exit 1
curl -s -m 2 -o /dev/null "http://127.0.0.1:$2/"
[ $? -ne 7 ] # 7: nobody there; whatever else it says to such a question, it answers
