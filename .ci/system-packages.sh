#!/bin/sh
# What the tests need beyond Python: a PostgreSQL server, Mosquitto, an LDAP server, a browser with Japanese fonts, D-Bus.
# Root installs what is missing from Debian's packages; anybody else is told what to install.
set -eu
MISSING=
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || MISSING="$MISSING postgresql"
have slapd || MISSING="$MISSING slapd"
have mosquitto || MISSING="$MISSING mosquitto"
have chromium || MISSING="$MISSING chromium"
have dbus-daemon || MISSING="$MISSING dbus-daemon"
fc-list :lang=ja 2>/dev/null | grep -q . || MISSING="$MISSING fonts-noto-cjk fontconfig"
[ -z "$MISSING" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian packages:$MISSING"
    apt-get update -qq >/dev/null
    # shellcheck disable=SC2086  the list is meant to split
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $MISSING >/dev/null
else
    echo "The tests need these Debian packages; install them as root: apt-get install$MISSING" >&2
    exit 1
fi
