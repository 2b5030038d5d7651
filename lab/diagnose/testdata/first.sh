#!/bin/sh
# Experiment E13, half-read-back: dd, the first half read back, restart
# About 10 minutes. It destroys: what the disk holds in the blocks that it names; if they belong to a volume, that volume.
# Sizes are those of the model, whose cache has 8 MiB: where it matters how they compare
# with the cache of the box, change count.
#
# usage: sudo DISK=disk5 sh half-read-back.sh PHASE, with the phases 1 to 3 in turn
set -eu

DISK=${DISK:?name the disk of the box, as in DISK=disk5; see diskutil list}
DIR=${DIR:-$HOME/tbraid-half-read-back}
mkdir -p "$DIR"

say() { printf '%s\n' "$*"; }

# destroys TEXT says what the next step destroys and asks.
destroys() {
	printf '\nTHE NEXT STEP DESTROYS %s ON %s.\nType yes to go on: ' "$1" "$DISK"
	read -r answer
	[ "$answer" = yes ] || {
		say 'nothing was done in this step'
		exit 1
	}
}

# pattern BYTES writes a pattern that is neither zeros nor random.
pattern() { yes tbraid-before | head -c "$1"; }

# verdict FILE WRITTEN BYTES FROM compares what was read with what was written, with
# the pattern from a byte on, and with zeros.
verdict() {
	if cmp -s "$1" "$2"; then
		say 'RESULT correct'
	elif pattern "$(($4 + $3))" | tail -c "$3" | cmp -s "$1" -; then
		say 'RESULT old'
	elif head -c "$3" /dev/zero | cmp -s "$1" -; then
		say 'RESULT zeros'
	else
		say 'RESULT mixed, or wrong: compare the files by hand'
	fi
}

# begun PHASE notes that a phase was begun; the one before it must have been.
begun() {
	if [ "$1" -gt 1 ] && [ ! -f "$DIR/phase-$(($1 - 1))" ]; then
		say "phase $(($1 - 1)) comes first"
		exit 1
	fi
	: >"$DIR/phase-$1"
}

phase1() {
	begun 1
	destroys 'BLOCKS 0 TO 32767'
	diskutil unmountDisk "$DISK"
	pattern 16777216 | dd of="/dev/r$DISK" bs=1m seek=0
	say 'Now wait two minutes, eject the disk (diskutil eject), switch Mac and box off and on again, so that the pattern is on the disks.'
	say "Then: sudo DISK=$DISK sh half-read-back.sh 2"
}

phase2() {
	begun 2
	pattern 16777216 >"$DIR/pattern"
	if ! dd if="/dev/r$DISK" bs=1m skip=0 count=16 2>/dev/null | cmp -s - "$DIR/pattern"; then
		say 'the pattern is not on the disk: repeat phase 1'
		exit 1
	fi
	dd if=/dev/random bs=1m count=2 of="$DIR/written-1"
	destroys 'THE BLOCKS THAT THIS COMMAND WRITES: if=/dev/random of=/dev/disk5 bs=1m count=2'
	dd if="$DIR/written-1" "of=/dev/$DISK" bs=1m count=2 || say "RESULT error: exit status $?"
	sleep 3
	dd "if=/dev/$DISK" of="$DIR/read-1" bs=1m count=1
	dd if="$DIR/written-1" of="$DIR/wanted" bs=1m count=1 2>/dev/null
	verdict "$DIR/read-1" "$DIR/wanted" "$(wc -c <"$DIR/read-1" | tr -d ' ')" 0
	sleep 0.25
	say 'Now: restart this Mac at once (sudo shutdown -r now); leave the box switched on; it starts with the driver kext.'
	say "Then: sudo DISK=$DISK sh half-read-back.sh 3"
}

phase3() {
	begun 3
	dd "if=/dev/$DISK" of="$DIR/read-2" bs=1m count=1
	dd if="$DIR/written-1" of="$DIR/wanted" bs=1m count=1 2>/dev/null
	verdict "$DIR/read-2" "$DIR/wanted" "$(wc -c <"$DIR/read-2" | tr -d ' ')" 0
	dd "if=/dev/$DISK" of="$DIR/read-3" bs=1m count=1 skip=1
	dd if="$DIR/written-1" of="$DIR/wanted" bs=1m count=1 skip=1 2>/dev/null
	verdict "$DIR/read-3" "$DIR/wanted" "$(wc -c <"$DIR/read-3" | tr -d ' ')" 1048576
}

case ${1:-} in
1) phase1 ;;
2) phase2 ;;
3) phase3 ;;
*)
	say 'name a phase: 1 to 3'
	exit 2
	;;
esac
