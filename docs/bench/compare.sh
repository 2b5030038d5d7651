#!/usr/bin/env bash
# Compares the speed of this tree with the accepted figures:
#   docs/bench/compare.sh [RUNS]             5 runs of each case, unless told
#   docs/bench/compare.sh --accept [RUNS]    and makes what it measures the accepted figures
# Wall time is not compared; processor time is what counts, and only on the machine
# that accepted.txt names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

benchstat=golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da # pinned here, so that it stays out of go.mod

accept=
if [[ ${1:-} == --accept ]]; then
	accept=yes
	shift
fi
runs=${1:-5}
[[ $runs =~ ^[1-9][0-9]*$ ]] || {
	printf 'compare.sh: RUNS is a number from 1 on, not "%s"\n' "$runs" >&2
	exit 2
}

accepted=docs/bench/accepted.txt
new=$(mktemp)
trap 'rm -f "$new"' EXIT
{
	printf '# machine: %s\n' "$(nproc) processors, load $(cut -d' ' -f1-3 </proc/loadavg 2>/dev/null || uptime)"
	go test ./lab -run '^$' -bench '^BenchmarkCase$' -benchtime 1x -count "$runs" -timeout 1h
} >"$new"
cat "$new"
if [[ -n $accept ]]; then
	cp "$new" "$accepted"
	exit
fi
printf '\n'
go run "$benchstat" -filter '.unit:(cpu-ns/io OR events/io OR allocs/io OR heap-B)' "accepted=$accepted" "now=$new"
