#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes one OpenSearch node on 127.0.0.1: PORT for HTTP, from 9201 (which it is by default)
# to 9299, since the class that starts it takes no other; between nodes it listens above 9300. No security plugin: everybody
# who reaches the port may do everything. It fills the disk: no watermark makes it stop before.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-9201}

java=$("$here/../java.sh" OpenSearch)
jars=$("$here/../jars.sh" opensearch "53 MB")
jars=$(cd "$jars" && pwd)
cd "$data" # its files are named from here: Java reads other letters than ASCII in them as it likes

mkdir -p node_1/config
cat > node_1/config/opensearch.yml << YML
network.host: 127.0.0.1
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
YML
cat > node_1/config/log4j2.properties << 'LOG4J'
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
LOG4J
# The class counts its nodes from the base on: the first one listens one above it.
exec "$java" -Xms256m -Xmx512m -XX:+UseSerialGC -Djava.awt.headless=true -cp "$jars/*" \
    org.codelibs.opensearch.runner.OpenSearchRunner -basePath . -numOfNode 1 -baseHttpPort "$((port - 1))" \
    -clusterName events-test > "$data/server.log" 2>&1
