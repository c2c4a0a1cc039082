#!/usr/bin/env bash
# Builds everything once in Release and runs every suite: xunit, the black-box tests in Node, Python and Chromium, clusters of
# gateways on real Redis servers, and the format check. `--long` repeats the faults many times, with the documented times instead
# of short ones, and may take an hour. Installs what is missing where it may, says what it could not.
# The last line is "N passed, N failed, N skipped".
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
readonly ROOT=$PWD
readonly PYTHON=/usr/bin/python3
readonly REDIS_PATH=${REDIS_SERVER:-/usr/bin/redis-server}
readonly CHROMIUM_PATH=${CHROMIUM:-/usr/bin/chromium}

for argument in "$@"; do
  case $argument in
    --long) export GATEWAY_TEST_LONG=1 ;;
    -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
    *) echo "Unknown argument: $argument (only --long)" >&2; exit 2 ;;
  esac
done

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_UI_LANGUAGE=en
unset GATEWAY_DLL

passed=0 failed=0 skipped=0
summary=()
child=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gateway-testrun-XXXXXX")

# Ends the suite that runs, and everything it started: each suite leads a process group of its own.
clean_up() {
  [[ -n $child ]] && kill -TERM -- "-$child" 2>/dev/null && sleep 1 && kill -KILL -- "-$child" 2>/dev/null
  rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run LOG COMMAND…: in a process group of its own, shown and logged.
run() {
  local log=$1
  shift
  set -m
  (
    set -o pipefail
    "$@" 2>&1 | tee "$log"
  ) &
  child=$!
  set +m
  wait "$child"
  local status=$?
  kill -KILL -- "-$child" 2>/dev/null
  child=
  return "$status"
}

# note NAME PASSED FAILED SKIPPED SECONDS
note() {
  passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
  summary+=("$(printf '%-28s %5d passed %4d failed %4d skipped %6d s' "$1" "$2" "$3" "$4" "$5")")
}

title() { printf '\n== %s\n' "$1"; }

# counts_of LOG: the three numbers of the last line of the form "N passed, N failed, N skipped".
counts_of() { grep -oE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$1" | tail -n 1 | grep -oE '[0-9]+' | tr '\n' ' '; }

# -- what is needed --------------------------------------------------------------------------------------------------------

if ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
  echo "The .NET 10 SDK is required (dotnet --list-sdks shows none); see https://dotnet.microsoft.com/download" >&2
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
fi

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
  command -v apt-get >/dev/null && { [[ $(id -u) -eq 0 ]] || sudo -n true 2>/dev/null; }
}

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
"$PYTHON" -c 'import websockets' 2>/dev/null || missing+=(python3 python3-websockets)
[[ -x $CHROMIUM_PATH ]] || missing+=(chromium)
[[ -x $REDIS_PATH ]] || missing+=(redis-server)
command -v nginx >/dev/null || [[ -x /usr/sbin/nginx ]] || missing+=(nginx-light)
if [[ ${#missing[@]} -gt 0 ]]; then
  title "Installing ${missing[*]}"
  if ! may_install; then
    echo "May not install packages here (neither root nor passwordless sudo)."
  # Runlevel 1 keeps the packages' services from being started: the tests start servers of their own.
  elif ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$scratch/apt.log" 2>&1; then
    tail -n 5 "$scratch/apt.log"
    echo "Could not install all of: ${missing[*]}"
  fi
fi

node_lack= python_lack= chromium_lack= redis_lack=
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  node_lack='nodejs and npm are not installed'
elif [[ $(node -p 'process.versions.node.split(".")[0]') -lt 18 ]]; then
  node_lack="node is older than 18: $(node --version)"
elif ! npm ci --prefix tests/blackbox --no-audit --no-fund >"$scratch/npm.log" 2>&1; then
  node_lack="npm ci failed: $(grep -m 1 -i 'error' "$scratch/npm.log" || echo 'see its own log')"
fi
"$PYTHON" -c 'import websockets' 2>/dev/null || python_lack='python3-websockets is not installed'
[[ -x $CHROMIUM_PATH ]] || chromium_lack="no Chromium at $CHROMIUM_PATH"
[[ -x $REDIS_PATH ]] || redis_lack="no redis-server at $REDIS_PATH"
[[ -n $node_lack ]] && chromium_lack=$node_lack redis_lack=$node_lack

# -- build -----------------------------------------------------------------------------------------------------------------

title 'Build (Release)'
started=$SECONDS
if ! run "$scratch/build.log" dotnet build Gateway.sln -c Release -v q -nodeReuse:false; then
  note 'build' 0 1 0 $((SECONDS - started))
  printf '\n%s\n' "${summary[@]}"
  echo "$passed passed, $failed failed, $skipped skipped"
  exit 1
fi
echo "built in $((SECONDS - started)) s"

# -- xunit -----------------------------------------------------------------------------------------------------------------

for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  title "$name"
  started=$SECONDS
  run "$scratch/$name.log" dotnet test "$project" --no-build -c Release --nologo
  status=$?
  read -r f p s < <(sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+).*/\1 \2 \3/p' "$scratch/$name.log" | tail -n 1)
  if [[ -z ${p:-} ]]; then
    # No totals: no tests yet, or a host that crashed.
    if [[ $status -eq 0 ]]; then f=0 p=0 s=0; else f=1 p=0 s=0; fi
  elif [[ $status -ne 0 && $f -eq 0 ]]; then
    f=1
  fi
  note "$name" "$p" "$f" "$s" $((SECONDS - started))
  unset f p s
done

# -- black box -------------------------------------------------------------------------------------------------------------

# node_suite NAME LACK ARGUMENTS…
node_suite() {
  local name=$1 lack=$2
  shift 2
  title "$name"
  if [[ -n $lack ]]; then
    echo "Skipped: $lack"
    note "$name" 0 0 1 0
    return
  fi
  local started=$SECONDS p= f= s= status
  run "$scratch/node.log" node tests/blackbox/run.mjs "$@"
  status=$?
  read -r p f s < <(counts_of "$scratch/node.log")
  [[ -z $p || ($status -ne 0 && $f -eq 0) ]] && f=$((${f:-0} + 1))
  note "$name" "${p:-0}" "${f:-0}" "${s:-0}" $((SECONDS - started))
}

node_suite 'black box (Node)' "$node_lack" --not browser 'cluster*'
node_suite 'cluster' "$redis_lack" 'cluster*'
GATEWAY_TEST_ENGINE=cluster node_suite 'black box on two nodes' "$redis_lack" events rooms presence session http connect slow
node_suite 'black box (Chromium)' "$chromium_lack" browser

title 'black box (Python)'
if [[ -n $python_lack ]]; then
  echo "Skipped: $python_lack"
  note 'black box (Python)' 0 0 1 0
else
  started=$SECONDS
  run "$scratch/python.log" env PYTHONDONTWRITEBYTECODE=1 "$PYTHON" -m unittest discover -s tests/blackbox/python
  status=$?
  ran=$(sed -nE 's/^Ran ([0-9]+) tests? in .*/\1/p' "$scratch/python.log" | tail -n 1)
  field() { tail -n 1 "$scratch/python.log" | grep -oE "$1=[0-9]+" | grep -oE '[0-9]+' || echo 0; }
  bad=$(($(field failures) + $(field errors)))
  left=$(field skipped)
  [[ $status -ne 0 && $bad -eq 0 ]] && bad=1
  good=$((${ran:-0} - bad - left))
  note 'black box (Python)' $((good < 0 ? 0 : good)) "$bad" "$left" $((SECONDS - started))
fi

# -- format ----------------------------------------------------------------------------------------------------------------

title 'dotnet format'
started=$SECONDS
if run "$scratch/format.log" dotnet format Gateway.sln --verify-no-changes --no-restore; then
  note 'format' 1 0 0 $((SECONDS - started))
else
  note 'format' 0 1 0 $((SECONDS - started))
fi

# -- sum -------------------------------------------------------------------------------------------------------------------

title "Summary of $ROOT in $SECONDS s"
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 && $passed -gt 0 ]]
