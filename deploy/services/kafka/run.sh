#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes the Kafka server: its parent is the caller, a signal reaches it directly.
# One node on 127.0.0.1: PORT (39092) for clients, PORT+1 for the controller. Each data directory has a cluster id of its
# own. Topics are never made by producing. It is ready once DATA_DIR/server.log says "Kafka Server started".
# ADVERTISED_PORT: where clients are sent, if they are to come another way than they were told (a proxy).
# KAFKA_SECURED=1: a secured listener on PORT+2 besides (SASL_SSL with PLAIN, SCRAM-SHA-256/512 and unsecured OAUTHBEARER tokens),
# one with mutual TLS on PORT+3, and ACLs: see secured.sh, which makes accounts and certificates below DATA_DIR/tls.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-39092}
controller=$((port + 1))

java=$("$here/../java.sh" Kafka)
jars=$("$here/jars.sh")
jars=$(cd "$jars" && pwd)
cd "$data" # its files are named from here: Java reads other letters than ASCII in them as it likes

cat > "$data/server.properties" << PROPERTIES
process.roles=broker,controller
node.id=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:${ADVERTISED_PORT:-$port},CONTROLLER://127.0.0.1:$controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=logs
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=16777216
PROPERTIES
if [ "${KAFKA_SECURED:-}" ]; then
    "$here/secured.sh" "$data" "$port" "$controller" >> "$data/server.properties"
fi
cat > "$data/log4j2.xml" << 'LOG4J'
<Configuration status="WARN">
  <Appenders><Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
  </Loggers>
</Configuration>
LOG4J

logging=-Dlog4j2.configurationFile=log4j2.xml
if [ ! -f "$data/logs/meta.properties" ]; then
    rm -rf "$data/logs" # what a format that was cut off left
    id=$("$here/cluster_id.sh" < /dev/urandom)
    if [ "${KAFKA_SECURED:-}" ]; then
        set -- --add-scram "SCRAM-SHA-256=[name=scram,password=scram-secret]" \
            --add-scram "SCRAM-SHA-512=[name=scram,password=scram-secret]"
    else
        set --
    fi
    if ! "$java" -Xmx128m "$logging" -cp "$jars/*" kafka.tools.StorageTool format --standalone -t "$id" "$@" \
        -c server.properties > "$data/format.log" 2>&1; then
        echo "Kafka could not prepare $data: $(tail -n 1 "$data/format.log")" >&2
        exit 74
    fi
fi
exec "$java" -Xms128m -Xmx512m -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -Djava.awt.headless=true -Dkafka.logs.dir=. \
    "$logging" -cp "$jars/*" kafka.Kafka server.properties > "$data/server.log" 2>&1
