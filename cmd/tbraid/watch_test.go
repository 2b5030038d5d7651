package main

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"tbraid/lab"
)

// interruptedWhile calls the program and sends this process one interrupt after the
// other until it has ended.
func interruptedWhile(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt) // the test itself survives
	defer signal.Stop(caught)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		code, stdout, stderr = tbraid(args...)
	}()
	for {
		select {
		case <-done:
			return code, stdout, stderr
		case <-time.After(time.Millisecond):
			if err := self.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An interrupt ends a run, a curve and a check with exit code 130. What is there of
// the result says that it is partial; if nothing is, nothing is written.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot interrupt itself here")
	}
	file := filepath.Join(t.TempDir(), "r.json")
	for _, args := range [][]string{{"run", "forum"}, {"curve", "forum"}, {"check", "forum"}, {"run", "forum", "--cut", "every"}, {"run", "forum", "--cut", "worst"}} {
		code, stdout, stderr := interruptedWhile(t, with(args, "-o", file)...)
		name := strings.Join(args, " ")
		if code != exitInterrupted || !strings.HasPrefix(stderr, "tbraid: interrupted") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d: %q", name, code, stderr)
		}
		data, err := os.ReadFile(file)
		nothing := strings.Contains(stderr, "there is no result")
		if nothing && (stdout != "" || !os.IsNotExist(err)) || !nothing && (!strings.Contains(stdout, "PARTIAL") || !bytes.Contains(data, []byte(`"partial": {`))) {
			t.Errorf("%s: said %q, printed %d bytes, wrote %d: %v", name, stderr, len(stdout), len(data), err)
		}
		if err == nil {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What is partial says so in text and by its exit code, and is judged by no
// assertion.
func TestEndedEarly(t *testing.T) {
	shown := 0
	show := func() error { shown++; return nil }
	if err := endedEarly(nil, show); err != nil || shown != 1 {
		t.Errorf("whole: %v, shown %d times", err, shown)
	}
	err := endedEarly(&lab.Partial{Whole: 3, Of: 7}, show)
	if exitCode(err) != exitInterrupted || shown != 2 || err.Error() != "interrupted: 3 of 7 runs were made" {
		t.Errorf("partial: %v, shown %d times", err, shown)
	}
	if err := endedEarly(&lab.Partial{Of: 7}, show); exitCode(err) != exitInterrupted || shown != 2 {
		t.Errorf("nothing: %v, shown %d times", err, shown)
	}
}

// The line appears after a second, is drawn over itself, fits the screen and is
// gone in the end. Without a screen there is none.
func TestStatusLine(t *testing.T) {
	var screen bytes.Buffer
	begin := time.Unix(1e9, 0)
	l := &statusLine{screen: &screen, width: func() int { return 60 }}
	p := lab.Progress{Whole: 3, Of: 12, Simulated: 90 * time.Second, Commands: 5e6}
	for at := redraw; at < patienceOfUsers; at += redraw {
		if l.draw(p, begin.Add(at)); screen.Len() > 0 {
			t.Fatalf("after %v there is %q", at, screen.String())
		}
	}
	l.erase()
	if screen.Len() > 0 {
		t.Errorf("erased what was not there: %q", screen.String())
	}
	l.draw(p, begin.Add(2*time.Second))
	if got, want := screen.String(), "\rrun 4 of 12, 90 s simulated, 2.5 M I/O/s, about 6.0 s left\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	screen.Reset()
	l.width = func() int { return 20 }
	l.draw(p, begin.Add(3*time.Second))
	l.erase()
	if got, want := screen.String(), "\rrun 4 of 12, 90 s s\x1b[K\r\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	screen.Reset()
	l.width = func() int { return 0 } // it does not say
	if l.draw(p, begin.Add(4*time.Second)); !strings.Contains(screen.String(), "left") {
		t.Errorf("%q", screen.String())
	}
	none := &statusLine{}
	none.draw(p, begin)
	none.draw(p, begin.Add(time.Hour))
	none.erase()
}

func TestStatusText(t *testing.T) {
	tests := []struct {
		p    lab.Progress
		took time.Duration
		want string
	}{
		{lab.Progress{}, time.Second, "run 0 of 0, 0.0 s simulated, 0 I/O/s"},
		{lab.Progress{Of: 2, Commands: 1500, Simulated: 1500 * time.Millisecond}, 2 * time.Second, "run 1 of 2, 1.5 s simulated, 750 I/O/s"},
		{lab.Progress{Whole: 2, Of: 2, Commands: 44e3, Simulated: 3 * time.Hour}, 2 * time.Second, "run 2 of 2, 3 h simulated, 22 k I/O/s"},
		{lab.Progress{Whole: 1, Of: 31, Simulated: 10 * time.Minute}, 20 * time.Second, "run 2 of 31, 10 min simulated, 0 I/O/s, about 10 min left"},
	}
	for _, tt := range tests {
		if got := statusText(tt.p, tt.took); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
