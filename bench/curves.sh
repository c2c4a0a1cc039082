#!/usr/bin/env bash
# Measures how the cost of a delivery changes with members, rooms, connections, history and nodes. See bench/README.md.
#
#   bench/curves.sh [--only members,rooms] [--rounds 3] [--most 10000] [--publish] [--no-install] [--no-build]
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
exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 drive/curves.py "${rest[@]}"
