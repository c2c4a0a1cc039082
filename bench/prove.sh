#!/usr/bin/env bash
# Shows that a wrong server gets no figures: one that loses, doubles, alters or swaps an event now and then. Half a minute.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
[[ -x build/load && -d peers/node_modules ]] || ./setup.sh || exit 1
exec env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 drive/prove.py
