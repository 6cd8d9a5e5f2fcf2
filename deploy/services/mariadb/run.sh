#!/bin/sh
# usage: run.sh DATA_DIR [PORT] -> becomes the MariaDB server of Debian's mariadb-server (10.11), on 127.0.0.1:PORT (33306).
# The user ep (password ep) may do everything. MARIADB_EXTRA: further options of the server, such as --read-only.
set -eu
server=$(command -v mariadbd || command -v /usr/sbin/mariadbd || true)
install=$(command -v mariadb-install-db || true)
if [ -z "$server" ] || [ -z "$install" ]; then
    echo "MariaDB is missing: install the package mariadb-server." >&2
    exit 69
fi
mkdir -p "${1:?usage: run.sh DATA_DIR [PORT]}"
data=$(cd "$1" && pwd)
port=${2:-33306}
user=$(id -un)

if [ ! -f "$data/complete" ]; then
    rm -rf "$data/data" # what an installation that was cut off left
    if ! "$install" --no-defaults --datadir="$data/data" --auth-root-authentication-method=normal --skip-test-db \
        --user="$user" > "$data/install.log" 2>&1; then
        echo "MariaDB could not prepare $data: $(tail -n 1 "$data/install.log")" >&2
        exit 74
    fi
    cat > "$data/init.sql" << 'SQL'
CREATE OR REPLACE USER 'ep'@'127.0.0.1' IDENTIFIED BY 'ep';
GRANT ALL ON *.* TO 'ep'@'127.0.0.1' WITH GRANT OPTION;
SQL
    touch "$data/complete"
fi
# The durability of production: a commit is on the disk.
# shellcheck disable=SC2086 # several options in one variable
exec "$server" --no-defaults --user="$user" --datadir="$data/data" --socket="$data/my.sock" --pid-file="$data/my.pid" \
    --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --init-file="$data/init.sql" --innodb-buffer-pool-size=64M \
    --innodb-log-file-size=32M --performance-schema=off --log-error="$data/server.log" ${MARIADB_EXTRA:-} \
    > "$data/out.log" 2>&1
