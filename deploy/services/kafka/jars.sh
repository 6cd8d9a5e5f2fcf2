#!/bin/sh
# usage: jars.sh -> fetches Kafka's jars once and prints their folder.
set -eu
exec "$(cd "$(dirname "$0")" && pwd)/../jars.sh" kafka "54 MB"
