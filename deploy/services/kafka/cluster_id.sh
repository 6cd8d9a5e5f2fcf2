#!/bin/sh
# usage: cluster_id.sh < /dev/urandom -> prints an id for a new cluster. Never with a dash: one that began with it would be
# taken for an option, once in 64 starts.
set -eu
head -c 16 | base64 | tr '+/' '__' | cut -c 1-22
