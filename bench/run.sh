#!/usr/bin/env bash
# Measures the gateway beside a floor in C and other servers, and prints one table. See bench/README.md.
#
#   bench/run.sh                    everything, some 20 minutes
#   bench/run.sh --quick            everything but the idle connections, some two minutes
#   bench/run.sh --quick --check    only the gateway and the floor, against bench/baseline.json; exit status 1 where it is worse
#   bench/run.sh --only signalr,gateway [--rounds 9] [--members 5000]
#   bench/run.sh --publish          also writes what the documents show; --record: bench/baseline.json; --list: the servers
#   --no-install and --no-build leave the machine and bench/build as they are.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
ulimit -n "$(ulimit -Hn)"
install=() build=1 rest=()
for argument in "$@"; do
  case $argument in
    --no-install) install=(--no-install) ;;
    --no-build) build= ;;
    *) rest+=("$argument") ;;
  esac
done
if [[ -n $build ]]; then
  ./setup.sh "${install[@]}" || exit 1
fi
exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 drive/run.py "${rest[@]}"
