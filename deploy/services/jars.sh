#!/bin/sh
# usage: jars.sh NAME SIZE -> fetches the jars of deploy/services/NAME/pom.xml once and prints their folder. The folder's name
# carries the hash of the POM, so a changed POM fetches anew and the second time costs nothing. EVENTPLATFORM_CACHE moves the cache.
set -eu
name=${1:?usage: jars.sh NAME SIZE}
pom=$(cd "$(dirname "$0")" && pwd)/$name/pom.xml
hash=$({ sha256sum "$pom" 2> /dev/null || shasum -a 256 "$pom"; } | cut -c1-16)
cache=${EVENTPLATFORM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eventplatform}
jars=$cache/$name-$hash

if [ ! -d "$jars" ]; then
    if ! command -v mvn > /dev/null; then
        echo "Maven is missing, and the jars of $name are not in $jars yet. Install maven (Debian: apt-get install maven)." >&2
        exit 69
    fi
    # Fetched aside and moved: a fetch that was cut off leaves nothing that looks whole.
    aside=$jars.new-$$
    mkdir -p "$aside"
    trap 'rm -rf "$aside"' EXIT
    echo "Fetching the jars of $name (${2:?size}, once) …" >&2
    if ! mvn -q -B -f "$pom" dependency:copy-dependencies -DoutputDirectory="$aside" -DincludeScope=runtime >&2; then
        echo "Maven could not fetch the jars of $name; its words stand above." >&2
        exit 69
    fi
    [ -d "$jars" ] || mv "$aside" "$jars" # another starter may have been quicker
fi
echo "$jars"
