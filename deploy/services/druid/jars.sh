#!/bin/sh
# usage: jars.sh -> fetches Druid's jars once and prints their folder.
set -eu
exec "$(cd "$(dirname "$0")" && pwd)/../jars.sh" druid "190 MB"
