#!/usr/bin/env bash
# Installs what the benchmark compares with (Debian's packages, where it may), and builds the load generator, the floor, the peers and
# the gateway. Does only what is missing; what can't be had is said here and again in the table, and is no failure.
# `--no-install` builds alone.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
install=1
[[ ${1:-} == --no-install ]] && install=
mkdir -p build
failed=0

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# -- packages --------------------------------------------------------------------------------------------------------------

packages=()
want() { # want PACKAGE TEST…: the package, where the test fails
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || packages+=("$package")
}

want gcc command -v gcc
want libc6-dev test -e /usr/include/stdio.h
want libssl-dev test -e /usr/include/openssl/ssl.h
want openssl command -v openssl
want python3 test -x /usr/bin/python3
want nodejs command -v node
want npm command -v npm
want redis-server command -v redis-server
want mosquitto test -x /usr/sbin/mosquitto
want nats-server command -v nats-server
want nginx test -x /usr/sbin/nginx
want libnginx-mod-nchan test -e /usr/lib/nginx/modules/ngx_nchan_module.so

if [[ ${#packages[@]} -gt 0 && -n $install ]]; then
  echo "Installing ${packages[*]}"
  if ! command -v apt-get >/dev/null || { [[ $(id -u) -ne 0 ]] && ! sudo -n true 2>/dev/null; }; then
    echo "May not install packages here (neither root nor passwordless sudo)."
  else
    as_root apt-get update -qq >build/apt.log 2>&1
    # One by one: a package that is not there must not keep the others away. The services are not to start by themselves.
    for package in "${packages[@]}"; do
      as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$package" >>build/apt.log 2>&1 ||
        echo "Could not install $package (see bench/build/apt.log)."
    done
  fi
fi

# -- builds ----------------------------------------------------------------------------------------------------------------

newer() { # newer TARGET SOURCE…: whether the target has to be made
  local target=$1
  shift
  [[ ! -e $target ]] && return 0
  [[ -n $(find "$@" -newer "$target" -print -quit) ]]
}

flags=(-std=gnu11 -O2 -Wall -Wextra -Werror)
tls=()
[[ -e /usr/include/openssl/ssl.h ]] && tls=(-DWITH_TLS -lssl -lcrypto)
if newer build/load load; then
  gcc "${flags[@]}" -o build/load load/*.c -lm "${tls[@]}" || failed=1
fi
if newer build/floor floor; then
  gcc "${flags[@]}" -o build/floor floor/*.c || failed=1
fi

if newer build/signalr.built peers/signalr/Program.cs peers/signalr/RoomHub.cs peers/signalr/Bench.SignalR.csproj; then
  if dotnet build peers/signalr/Bench.SignalR.csproj -c Release -o build/signalr -v q -nodeReuse:false >build/signalr.log 2>&1; then
    touch build/signalr.built
  else
    echo "SignalR's app did not build (see bench/build/signalr.log)."
  fi
fi

if command -v npm >/dev/null && newer peers/node_modules/.package-lock.json peers/package-lock.json; then
  npm ci --prefix peers --no-audit --no-fund >build/npm.log 2>&1 || echo "npm ci failed (see bench/build/npm.log)."
fi

# The copy that is measured is the one of this moment, and it is not in the way of other builds.
if ! dotnet build ../src/Gateway.Host/Gateway.Host.csproj -c Release -v q -nodeReuse:false >build/gateway.log 2>&1; then
  grep -m 5 -E 'error' build/gateway.log
  echo "The gateway did not build (see bench/build/gateway.log)."
  failed=1
fi
rm -rf build/gateway
cp -r ../src/Gateway.Host/bin/Release/net10.0 build/gateway || failed=1
exit "$failed"
