#!/bin/sh
# Installs Chromium, in which the tests drive the operations page, from the packages of Debian, where
# it is missing.
#
# Says what is missing, and ends with 3, where it is not permitted to install.
set -eu

refuse() {
    echo "Not installed: chromium" >&2
    echo "$1 Everything else works without; the tests in a browser are skipped." >&2
    exit 3
}

command -v chromium >/dev/null && exit 0

# On Ubuntu the package of this name is no browser, but asks for a snap.
grep -q '^ID=debian' /etc/os-release 2>/dev/null || refuse \
    "This is not Debian: put a Chromium onto the path as chromium yourself."
as_root=
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || refuse "Run: sudo apt-get install chromium"
fi
echo "Installing chromium"
{
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends chromium >/dev/null
} || refuse "The package manager failed, as it says above."
