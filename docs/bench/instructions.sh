#!/usr/bin/env bash
# Counts the instructions that a simulated I/O takes, by cachegrind of Valgrind:
#   docs/bench/instructions.sh [CASE …]   A to E, unless told; level promises with the sweep
# Load on the machine does not change the figure, only Go, the processor's
# architecture and this code do. It says nothing of waiting for memory.
#
# A case is played at two lengths, and the difference is what counts: start-up and
# warm-up are in both.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v valgrind >/dev/null || {
	printf 'instructions.sh: needs valgrind (Debian: apt-get install valgrind)\n' >&2
	exit 2
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/tbraid" ./cmd/tbraid

# count CASE SCALE prints instructions and requests.
count() {
	GOGC=off GOMAXPROCS=1 valgrind --tool=cachegrind --cache-sim=no --log-file="$dir/log" --cachegrind-out-file="$dir/out" \
		"$dir/tbraid" bench "$1" --scale "$2" --sweep -o "$dir/$1.json" >/dev/null
	printf '%s %s\n' "$(sed -n 's/^summary: //p' "$dir/out")" "$(sed -n 's/^ *"requests": \([0-9]*\),*/\1/p' "$dir/$1.json")"
}

printf '# %s %s, level promises with the sweep; instructions an I/O\n' "$(go env GOVERSION)" "$(go env GOARCH)"
for case in "${@:-A-sequential A-random B C D E}"; do
	for one in $case; do
		read -r short few <<<"$(count "$one" 0.02)"
		read -r long many <<<"$(count "$one" 0.06)"
		printf '%-14s %7d\n' "$one" $(((long - short) / (many - few)))
	done
done
