#!/bin/sh
# usage: java.sh NAME -> prints the Java to run NAME with: 17 or newer; JAVA_HOME can name it.
set -eu
name=${1:?usage: java.sh NAME}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" > /dev/null; then
    echo "Java is missing. $name needs Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless)." >&2
    exit 69
fi
version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
if [ "${version:-0}" -lt 17 ]; then
    echo "Java ${version:-of an unknown version} is too old. $name needs Java 17 or newer; JAVA_HOME can name it." >&2
    exit 69
fi
command -v "$java"
