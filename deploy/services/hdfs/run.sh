#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes the parent of a NameNode and a DataNode, and ends them with itself.
# On 127.0.0.1: PORT (39820) NameNode, +1 its pages and WebHDFS, +2 DataNode, +3 its pages, +4 its IPC. About 420 MB in all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-39820}

java=$("$here/../java.sh" HDFS)
jars=$("$here/../jars.sh" hdfs "68 MB")
jars=$(cd "$jars" && pwd)
cd "$data" # its files are named from here: Java reads other letters than ASCII in them as it likes
mkdir -p conf/webapps/hdfs conf/webapps/datanode conf/webapps/static # the jars have no pages, and it wants folders for them

property() { printf '<property><name>%s</name><value>%s</value></property>\n' "$1" "$2"; }
{
    echo '<configuration>'
    property fs.defaultFS "hdfs://127.0.0.1:$port"
    property hadoop.tmp.dir tmp
    property hadoop.security.token.service.use_ip true
    echo '</configuration>'
} > conf/core-site.xml
{
    echo '<configuration>'
    property dfs.replication 1
    property dfs.namenode.name.dir nn
    property dfs.datanode.data.dir dn
    property dfs.namenode.rpc-address "127.0.0.1:$port"
    property dfs.namenode.rpc-bind-host 127.0.0.1
    property dfs.namenode.http-address "127.0.0.1:$((port + 1))"
    property dfs.namenode.http-bind-host 127.0.0.1
    property dfs.datanode.address "127.0.0.1:$((port + 2))"
    property dfs.datanode.http.address "127.0.0.1:$((port + 3))"
    property dfs.datanode.ipc.address "127.0.0.1:$((port + 4))"
    property dfs.datanode.hostname 127.0.0.1
    property dfs.namenode.datanode.registration.ip-hostname-check false
    property dfs.permissions.enabled false
    property dfs.namenode.safemode.extension 0
    property dfs.namenode.safemode.min.datanodes 1
    property dfs.blocksize 16777216
    property dfs.namenode.fs-limits.min-block-size 0
    property dfs.datanode.handler.count 3
    property dfs.namenode.handler.count 3
    property dfs.datanode.du.reserved 0
    echo '</configuration>'
} > conf/hdfs-site.xml
cat > conf/log4j.properties << 'LOG4J'
log4j.rootLogger=WARN,c
log4j.appender.c=org.apache.log4j.ConsoleAppender
log4j.appender.c.layout=org.apache.log4j.PatternLayout
log4j.appender.c.layout.ConversionPattern=%d %p %c{1}: %m%n
LOG4J

opens="-XX:+IgnoreUnrecognizedVMOptions" # what Hadoop's own start script opens
for one in java.io java.lang java.lang.reflect java.math java.net java.nio java.text java.util java.util.concurrent \
    java.util.zip sun.nio.ch sun.security.util sun.security.x509; do
    opens="$opens --add-opens=java.base/$one=ALL-UNNAMED"
done
every="-Xmx256m -XX:+UseSerialGC -Djava.net.preferIPv4Stack=true -Dhadoop.log.dir=. -Dhadoop.home.dir=$data"
server=org.apache.hadoop.hdfs.server

hadoop() { # class and its arguments
    # shellcheck disable=SC2086  # the options are words
    exec "$java" $opens $every -cp "conf:$jars/*" "$@"
}

if [ ! -d nn/current ]; then
    if ! (hadoop $server.namenode.NameNode -format -force -nonInteractive) > format.log 2>&1; then
        echo "HDFS could not prepare $data: $(tail -n 1 format.log)" >&2
        exit 74
    fi
fi
(hadoop $server.namenode.NameNode) > namenode.log 2>&1 &
namenode=$!
(hadoop $server.datanode.DataNode) > datanode.log 2>&1 &
datanode=$!
trap 'kill $datanode $namenode 2> /dev/null; wait; exit 0' TERM INT
while kill -0 $namenode 2> /dev/null && kill -0 $datanode 2> /dev/null; do # one of them ended: so does the whole
    sleep 1 &
    wait $! || true
done
kill $datanode $namenode 2> /dev/null || true
wait
exit 70
