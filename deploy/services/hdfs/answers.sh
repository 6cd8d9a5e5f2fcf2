#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once it is out of safe mode and knows its DataNode: before, it refuses everything.
state=$(curl -fsS -m 2 "http://127.0.0.1:$(($2 + 1))/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState" | tr -d ' \n')
echo "$state" | grep '"NumLiveDataNodes":1' | grep -q '"FSState":"Operational"'
