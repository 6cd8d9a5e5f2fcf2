#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes a Cassandra node on 127.0.0.1: PORT (39042) for clients, PORT+1 for itself.
# It is ready once DATA_DIR/server.log says that it listens for CQL clients. CASSANDRA_HEAP: its memory (400m).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-39042}
heap=${CASSANDRA_HEAP:-400m}

java=$("$here/../java.sh" Cassandra)
jars=$("$here/../jars.sh" cassandra "67 MB")
jars=$(cd "$jars" && pwd)

cat > "$data/cassandra.yaml" << YAML
cluster_name: eventplatform
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:$((port + 1))"
listen_address: 127.0.0.1
rpc_address: 127.0.0.1
storage_port: $((port + 1))
native_transport_port: $port
start_native_transport: true
endpoint_snitch: SimpleSnitch
dynamic_snitch: false
commitlog_sync: batch
commitlog_segment_size: 8MiB
commitlog_directory: $data/commitlog
data_file_directories:
  - $data/data
saved_caches_directory: $data/saved_caches
hints_directory: $data/hints
cdc_raw_directory: $data/cdc_raw
memtable_allocation_type: unslabbed_heap_buffers # else each table takes a megabyte, and tests make hundreds
disk_access_mode: mmap_index_only
auto_snapshot: false
file_cache_size: 32MiB
key_cache_size: 8MiB
concurrent_reads: 8
concurrent_writes: 8
memtable_heap_space: 64MiB
YAML
cat > "$data/logback.xml" << 'LOGBACK'
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{20} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="OUT"/></root>
  <logger name="org.apache.cassandra.transport.PipelineConfigurator" level="INFO"/>
</configuration>
LOGBACK

# What Java 17 must open for it: conf/jvm17-server.options of apache/cassandra.
open=""
for part in java.base/jdk.internal.misc java.base/java.lang.ref java.management.rmi/com.sun.jmx.remote.internal.rmi \
    java.rmi/sun.rmi.registry java.rmi/sun.rmi.server java.sql/java.sql jdk.unsupported/sun.misc \
    jdk.compiler/com.sun.tools.javac.file jdk.attach/sun.tools.attach; do
    open="$open --add-exports $part=ALL-UNNAMED"
done
for part in java.base/java.lang.module java.base/jdk.internal.loader java.base/jdk.internal.ref java.base/jdk.internal.reflect \
    java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.util.jar java.base/sun.nio.ch \
    java.base/java.io java.base/java.lang java.base/java.lang.reflect java.base/java.util java.base/java.nio \
    jdk.management/com.sun.management.internal jdk.compiler/com.sun.tools.javac; do
    open="$open --add-opens $part=ALL-UNNAMED"
done
agent=$(find "$jars" -name 'jamm-*.jar' | head -n 1)

cd "$data"
# shellcheck disable=SC2086 # options are words
exec "$java" "-Xms$heap" "-Xmx$heap" -XX:+UseG1GC -XX:TieredStopAtLevel=1 -Xss384k -XX:MaxDirectMemorySize=128m \
    -Djava.net.preferIPv4Stack=true -Djdk.attach.allowAttachSelf=true -Djava.security.manager=allow \
    -Dio.netty.tryReflectionSetAccessible=true $open ${agent:+"-javaagent:$agent"} \
    "-Dcassandra.config=file://$data/cassandra.yaml" "-Dcassandra.storagedir=$data" "-Dcassandra.logdir=$data" \
    "-Dlogback.configurationFile=$data/logback.xml" -Dcassandra-foreground=yes -Dcassandra.skip_wait_for_gossip_to_settle=0 \
    -Dcassandra.ring_delay_ms=0 -Dcassandra.initial_token=0 -Dcassandra.superuser_setup_delay_ms=0 \
    -cp "$data:$jars/*" org.apache.cassandra.service.CassandraDaemon > "$data/server.log" 2>&1
