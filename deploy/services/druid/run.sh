#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes the parent of a Druid's parts, and ends them with itself: ZooKeeper last.
# On 127.0.0.1: PORT (38081) coordinator and overlord, +1 broker (SQL), +2 historical, +3 indexer, +4 ZooKeeper, +5 Derby.
# Its supervisors read Kafka. About 1.7 GB in all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-38081}
zookeeper=$((port + 4))
derby=$((port + 5))

java=$("$here/../java.sh" Druid)
jars=$("$here/jars.sh")
jars=$(cd "$jars" && pwd)
cd "$data" # its files are named from here: Java reads other letters than ASCII in them as it likes
mkdir -p zk tmp common extensions
rm -f ./*.pid ./*.restart ./*.log

cat > log4j2.xml << 'LOG4J'
<Configuration status="WARN">
  <Appenders><Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
LOG4J
cat > zoo.cfg << ZOO
tickTime=2000
dataDir=zk
clientPort=$zookeeper
clientPortAddress=127.0.0.1
admin.enableServer=false
ZOO
cat > common/common.runtime.properties << COMMON
druid.extensions.directory=extensions
druid.extensions.loadList=[]
druid.host=127.0.0.1
druid.bindOnHost=true
druid.zk.service.host=127.0.0.1:$zookeeper
druid.zk.paths.base=/druid
druid.metadata.storage.type=derby
druid.metadata.storage.connector.connectURI=jdbc:derby://127.0.0.1:$derby/metadata.db;create=true
druid.metadata.storage.connector.host=127.0.0.1
druid.metadata.storage.connector.port=$derby
druid.storage.type=local
druid.storage.storageDirectory=segments
druid.indexer.logs.type=file
druid.indexer.logs.directory=indexing-logs
druid.selectors.indexing.serviceName=druid/overlord
druid.selectors.coordinator.serviceName=druid/coordinator
druid.emitter=noop
druid.lookup.enableLookupSyncOnStartup=false
druid.server.http.numThreads=10
COMMON
processing="druid.processing.buffer.sizeBytes=20MiB
druid.processing.numMergeBuffers=2
druid.processing.numThreads=1"

opens="-XX:+IgnoreUnrecognizedVMOptions"
for one in jdk.internal.misc jdk.internal.ref; do opens="$opens --add-exports=java.base/$one=ALL-UNNAMED"; done
for one in java.base/jdk.internal.ref java.base/java.nio java.base/sun.nio.ch java.base/java.io java.base/java.lang \
    jdk.management/com.sun.management.internal; do opens="$opens --add-opens=$one=ALL-UNNAMED"; done
every="-XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.timezone=UTC -Dfile.encoding=UTF-8
    -Djava.io.tmpdir=tmp -Dlog4j.configurationFile=log4j2.xml
    -Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager"

service() { # name heap direct; its properties on stdin. One that ends while NAME.restart is there is started again.
    mkdir -p "$1"
    cat > "$1/runtime.properties"
    while :; do
        # shellcheck disable=SC2086  # the options are words
        "$java" $opens $every -Xms64m -Xmx"$2" -XX:MaxDirectMemorySize="$3" -cp "$1:common:$jars/*" \
            org.apache.druid.cli.Main server "$1" >> "$1.log" 2>&1 &
        echo "$!" > "$1.pid"
        wait "$!" || true
        rm "$1.restart" 2> /dev/null || break
    done &
}

end() { # the services first: without ZooKeeper they would hang
    trap '' TERM INT
    services=$(cat ./*.pid)
    # shellcheck disable=SC2086
    kill $services 2> /dev/null || true
    tries=50
    # shellcheck disable=SC2086
    while kill -0 $services 2> /dev/null && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.2
    done
    # shellcheck disable=SC2086
    kill -9 $services 2> /dev/null || true
    kill "$zookeeper_pid" 2> /dev/null || true
    wait
    exit 0
}

# shellcheck disable=SC2086
"$java" $opens -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx64m -cp "$jars/*" -Dzookeeper.jmx.log4j.disable=true \
    -Dlog4j.configurationFile=log4j2.xml org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg > zk.log 2>&1 &
zookeeper_pid=$!
trap end TERM INT

service coordinator 256m 64m << PROPERTIES
druid.service=druid/coordinator
druid.plaintextPort=$port
druid.coordinator.asOverlord.enabled=true
druid.coordinator.asOverlord.overlordService=druid/overlord
druid.coordinator.startDelay=PT5S
druid.coordinator.period=PT2S
druid.manager.segments.pollDuration=PT2S
druid.indexer.queue.startDelay=PT1S
druid.indexer.runner.type=httpRemote
druid.indexer.storage.type=metadata
PROPERTIES
service broker 256m 200m << PROPERTIES
druid.service=druid/broker
druid.plaintextPort=$((port + 1))
$processing
druid.processing.tmpDir=processing
druid.sql.enable=true
druid.sql.planner.metadataRefreshPeriod=PT1S
PROPERTIES
service historical 200m 200m << PROPERTIES
druid.service=druid/historical
druid.plaintextPort=$((port + 2))
$processing
druid.processing.tmpDir=processing
druid.segmentCache.locations=[{"path":"segment-cache","maxSize":"2g"}]
PROPERTIES
service indexer 384m 300m << PROPERTIES
druid.service=druid/indexer
druid.plaintextPort=$((port + 3))
druid.worker.capacity=4
druid.segment.handoff.pollDuration=PT1S
druid.indexer.task.baseTaskDir=task
$processing
druid.processing.tmpDir=processing
PROPERTIES
wait
