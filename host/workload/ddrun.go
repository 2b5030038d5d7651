package workload

import (
	"fmt"
	"math/bits"
)

// maxReadErrors bounds what conv=noerror steps over: a disk that has gone would
// otherwise give one error a block to the end of its 66 TB.
const maxReadErrors = 1000

// transfer is a dd at work.
type transfer struct {
	*dd
	sh            Shell
	inFile        int
	outFile       int
	inAt, outAt   uint64 // bytes
	held          uint64 // bytes read and not yet written
	readErrors    int
	inFull        uint64
	inPart        uint64
	outFull       uint64
	outPart       uint64
	bytes         uint64
	fromDev       bool // the input makes its blocks without any I/O
	toNull        bool
	content       Content
	startedAtNano int64
}

func (d *dd) run(sh Shell) int {
	t := &transfer{dd: d, sh: sh, fromDev: endless(d.in) || d.in == "/dev/null", toNull: d.out == "/dev/null", content: Copy}
	switch d.in {
	case "/dev/zero":
		t.content = Zeros
	case "/dev/random", "/dev/urandom":
		t.content = Random
	}
	if !t.open() {
		return 1
	}
	t.startedAtNano = sh.Now().Nanoseconds()
	status := t.copy()
	if status == 0 {
		status = t.finish()
	} else {
		t.close()
	}
	t.summary()
	return status
}

// open opens both ends and takes their positions. A program that fails here
// prints no summary.
func (t *transfer) open() bool {
	if !t.fromDev {
		r := t.sh.Call(Call{Op: Open, Path: t.in, Flags: ForRead | t.inFlags})
		if r.Err != OK {
			return t.complain(t.in, r.Err)
		}
		t.inFile, t.inAt = r.File, t.skip*t.inputBytes
	}
	if t.toNull {
		return true
	}
	flags := ForRead | ForWrite | Create | t.outFlags
	if !t.seeks && !t.keepLength {
		flags |= Truncate
	}
	r := t.sh.Call(Call{Op: Open, Path: t.out, Flags: flags})
	if r.Err != OK {
		t.closeInput()
		return t.complain(t.out, r.Err)
	}
	t.outFile, t.outAt = r.File, t.seek*t.outputBytes
	if _, device := ParseNode(t.out); !device && t.seeks && !t.keepLength {
		if r := t.sh.Call(Call{Op: SetLength, File: t.outFile, Bytes: t.outAt}); r.Err != OK {
			t.close()
			return t.complain("truncating "+t.out, r.Err)
		}
	}
	return true
}

// copy moves the blocks. Where one end does no I/O the other end is one run of
// like calls; else reads and writes alternate as in dd.
func (t *transfer) copy() int {
	switch {
	case t.in == "/dev/null":
		return 0
	case t.fromDev:
		return t.generate()
	}
	return t.shuttle()
}

// generate writes what the input makes, in one run.
func (t *transfer) generate() int {
	total := t.count * t.inputBytes
	if t.padOutput {
		total = (total + t.outputBytes - 1) / t.outputBytes * t.outputBytes
	}
	if t.toNull {
		t.inFull = t.count
		t.wrote(total)
		return 0
	}
	status := t.write(total)
	t.inFull = t.count
	if status != 0 { // the block that failed had been read
		begun := (t.outFull + 1) * t.outputBytes
		t.inFull = min(t.count, (begun+t.inputBytes-1)/t.inputBytes)
	}
	return status
}

// shuttle reads and writes. Into /dev/null one run of reads does for all.
func (t *transfer) shuttle() int {
	for t.wanted() > 0 {
		blocks := uint64(1)
		if t.toNull {
			blocks = t.wanted()
		}
		n, err, end := t.read(blocks)
		t.held += n
		if status := t.write(t.due()); status != 0 {
			return status
		}
		if err != OK && !t.stepOver(err) {
			return 1
		}
		if end {
			break
		}
	}
	return 0
}

// wanted is how many input blocks are still to come; without count= more than
// any input has.
func (t *transfer) wanted() uint64 {
	if !t.counted {
		return max(1, 1<<62/t.inputBytes)
	}
	return t.count - min(t.count, t.inFull+t.inPart)
}

// read reads up to that many blocks. It returns the bytes that go to the
// output, the error that cut it short, and whether the input has ended.
func (t *transfer) read(blocks uint64) (n uint64, err Errno, end bool) {
	r := t.sh.Call(Call{Op: Read, File: t.inFile, Offset: t.inAt, Bytes: blocks * t.inputBytes, Request: t.inputBytes})
	part := r.Bytes % t.inputBytes
	t.inFull += r.Bytes / t.inputBytes
	t.inAt += r.Bytes
	n = r.Bytes
	if part > 0 {
		t.inPart++
		if t.padInput {
			n += t.inputBytes - part
		}
	}
	return n, r.Err, r.Err == OK && r.Bytes/t.inputBytes+min(part, 1) < blocks
}

// stepOver tells of a read error and, with conv=noerror, goes on behind the
// block; with conv=sync zeros stand for it.
func (t *transfer) stepOver(err Errno) bool {
	t.complain(t.in, err)
	t.readErrors++
	if !t.goOnAfterErrors || t.readErrors == maxReadErrors {
		return false
	}
	t.summary()
	t.inAt += t.inputBytes
	if t.padInput {
		t.inFull++
		t.held += t.inputBytes
	}
	return true
}

// write writes bytes in blocks of obs, the last one shorter if need be.
func (t *transfer) write(bytes uint64) int {
	if bytes == 0 {
		return 0
	}
	if t.toNull {
		t.wrote(bytes)
		return 0
	}
	r := t.sh.Call(Call{Op: Write, File: t.outFile, Offset: t.outAt, Bytes: bytes, Request: t.outputBytes, Content: t.content, Detail: "dd"})
	t.wrote(r.Bytes)
	t.outAt += r.Bytes
	if r.Err != OK {
		t.complain(t.out, r.Err)
		return 1
	}
	if r.Bytes < bytes {
		t.sh.Print(fmt.Sprintf("dd: %s: end of device", t.out))
		return 1
	}
	return 0
}

func (t *transfer) wrote(bytes uint64) {
	t.bytes += bytes
	t.outFull += bytes / t.outputBytes
	if bytes%t.outputBytes > 0 {
		t.outPart++
	}
}

// due takes out of the buffer what dd writes now: whole output blocks, with bs=
// whatever there is.
func (t *transfer) due() uint64 {
	n := t.held / t.outputBytes * t.outputBytes
	if t.whole {
		n = t.held
	}
	t.held -= n
	return n
}

// finish writes the last short block, calls fsync(2) if asked to, and closes.
// It sends neither F_FULLFSYNC nor an ioctl: dd has none (file_cmds, dd/dd.c).
func (t *transfer) finish() int {
	if t.held > 0 && t.padOutput {
		t.held = t.outputBytes
	}
	status := t.write(t.held)
	if status == 0 && t.fsync && !t.toNull {
		if r := t.sh.Call(Call{Op: Fsync, File: t.outFile}); r.Err != OK {
			t.complain("fsyncing "+t.out, r.Err)
			status = 1
		}
	}
	if err := t.close(); err != OK && status == 0 {
		t.complain("closing "+t.out, err)
		status = 1
	}
	return status
}

// close closes both ends, as the kernel does for a program that dies.
func (t *transfer) close() Errno {
	err := OK
	if !t.toNull {
		err = t.sh.Call(Call{Op: Close, File: t.outFile}).Err
	}
	t.closeInput()
	return err
}

func (t *transfer) closeInput() {
	if !t.fromDev {
		t.sh.Call(Call{Op: Close, File: t.inFile})
	}
}

// complain prints an error as err(3) does, and is always false.
func (t *transfer) complain(what string, err Errno) bool {
	t.sh.Print(fmt.Sprintf("dd: %s: %s", what, err))
	return false
}

// summary prints what dd prints at its end and after each error stepped over.
func (t *transfer) summary() {
	if t.quiet {
		return
	}
	t.sh.Print(fmt.Sprintf("%d+%d records in", t.inFull, t.inPart))
	t.sh.Print(fmt.Sprintf("%d+%d records out", t.outFull, t.outPart))
	if t.terse {
		return
	}
	nanos := uint64(max(1000, t.sh.Now().Nanoseconds()-t.startedAtNano)) // dd takes at least 1 us
	micros := (nanos + 500) / 1000
	t.sh.Print(fmt.Sprintf("%d bytes transferred in %d.%06d secs (%d bytes/sec)",
		t.bytes, micros/1_000_000, micros%1_000_000, perSecond(t.bytes, nanos)))
}

// perSecond is bytes a second to the nearest whole, without overflow.
func perSecond(bytes, nanos uint64) uint64 {
	hi, lo := bits.Mul64(bytes, 1_000_000_000)
	lo, carry := bits.Add64(lo, nanos/2, 0)
	hi += carry
	if hi >= nanos {
		return 1<<64 - 1
	}
	q, _ := bits.Div64(hi, lo, nanos)
	return q
}
