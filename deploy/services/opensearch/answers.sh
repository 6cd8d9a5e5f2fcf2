#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once the node answers.
curl -sf -m 2 "http://127.0.0.1:$2/_cluster/health?wait_for_status=yellow&timeout=1s"
