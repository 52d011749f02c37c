#!/bin/sh
# Installs the ODBC driver manager, the drivers of PostgreSQL and MariaDB, and a MariaDB server for
# the tests, from the packages of Debian or Ubuntu, where they are missing. The server's package is
# the one without a service: nothing starts by itself.
#
# Says what is missing, and ends with 3, where it is not permitted to install.
set -eu

packages="libodbc2 odbc-postgresql odbc-mariadb mariadb-server-core mariadb-client-core"

missing() {
    for package in $packages; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
            *"ok installed") ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

refuse() {
    echo "Not installed: $1" >&2
    echo "$2 Everything but ODBC works without; its tests are skipped." >&2
    exit 3
}

command -v dpkg-query >/dev/null || refuse "$packages" \
    "This is neither Debian nor Ubuntu: install unixODBC, drivers and a MariaDB server yourself."
wanted=$(missing)
[ -n "$wanted" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || refuse "$wanted" "Run: sudo apt-get install $wanted"
fi
echo "Installing $wanted"
# shellcheck disable=SC2086 # a list of words
{
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $wanted >/dev/null
} || refuse "$wanted" "The package manager failed, as it says above."
