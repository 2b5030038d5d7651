#!/usr/bin/env bash
# Makes the profile that `go build ./cmd/tbraid` optimises by (cmd/tbraid/default.pgo):
#   docs/bench/profile.sh [RUNS]     3 runs of each case of BenchmarkCase, unless told
# The loads are those of the benchmark, so what it prints with the profile is what
# users get. Make it anew when the way of a request has changed much: an old one does
# no harm, it only helps less.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

runs=${1:-3}
[[ $runs =~ ^[1-9][0-9]*$ ]] || {
	printf 'profile.sh: RUNS is a number from 1 on, not "%s"\n' "$runs" >&2
	exit 2
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go test -trimpath ./lab -run '^$' -bench '^BenchmarkCase$/^[A-G]' -benchtime 1x -count "$runs" -timeout 1h \
	-o "$dir/lab.test" -cpuprofile "$dir/cpu" >/dev/null
go tool pprof -proto -output "$dir/all" "$dir/lab.test" "$dir/cpu" 2>/dev/null
# Where the program lay while it was measured is nobody's business.
gunzip <"$dir/all" | perl -pe 's{\Q'"$dir"'\E}{"." x length $&}ge' | gzip -9n >cmd/tbraid/default.pgo
