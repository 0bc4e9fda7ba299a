#!/usr/bin/env bash
# Debian packages that tests, benchmarks and drills use. Quick when they are there already.
# Services that come with them are neither started now nor at the next boot.
set -euo pipefail

packages=(chromium chromium-headless-shell fonts-liberation postgresql prometheus-alertmanager)
units=(postgresql prometheus-alertmanager)

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "==> Debian packages are there: ${packages[*]}"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "make deps must install ${missing[*]}: run it as root" >&2
    exit 1
fi

echo "==> installing ${missing[*]}"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "${missing[@]}"

for unit in "${units[@]}"; do
    if [[ " ${missing[*]} " == *" $unit "* ]] && command -v systemctl >/dev/null; then
        systemctl disable "$unit" >/dev/null 2>&1 || true
    fi
done
