#!/bin/sh
# usage: ended.sh PID -> succeeds where that process is gone, also where its parent has not taken notice yet (a zombie).
pid=${1:?usage: ended.sh PID}
! kill -0 "$pid" 2> /dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2> /dev/null
