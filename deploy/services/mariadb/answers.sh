#!/bin/sh
# usage: answers.sh DATA_DIR PORT -> succeeds once the server answers.
mariadb-admin --no-defaults --protocol=tcp -h 127.0.0.1 -P "$2" -u ep -pep ping
