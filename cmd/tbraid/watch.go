package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"tbraid/lab"
)

// A status line appears when a simulation has taken this long, and is drawn anew
// as often.
const (
	patienceOfUsers = time.Second
	redraw          = 200 * time.Millisecond
)

// usualWidth is that of a terminal that does not tell its own.
const usualWidth = 80

// watched lets something be simulated under a watch: with a status line if standard
// error is a terminal, and so that an interrupt (Ctrl-C) ends it with what is whole
// by then. A second interrupt ends the program as if there were no watch.
func (a *app) watched(simulate func(*lab.Watch) error) error {
	w := &lab.Watch{}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	ended, drawn := make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(redraw)
	defer ticker.Stop()
	line := &statusLine{}
	if f := terminal(a.errs); f != nil && os.Getenv("TERM") != "dumb" {
		line.screen, line.width = f, func() int { return columns(f) }
	}
	go func() {
		defer close(drawn)
		line.follow(w, ticker.C, interrupts, ended)
	}()
	err := simulate(w)
	close(ended)
	<-drawn
	return err
}

// statusLine shows how far a simulation has come, in one line that is drawn over
// itself.
type statusLine struct {
	screen io.Writer  // nil draws nothing
	width  func() int // columns, 0 if the screen does not say
	begun  time.Time  // at the first tick
	shown  bool
}

// follow draws at every tick until ended is closed, and passes an interrupt on.
func (l *statusLine) follow(w *lab.Watch, ticks <-chan time.Time, interrupts chan os.Signal, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			l.erase()
			return
		case <-interrupts:
			signal.Stop(interrupts)
			w.Stop()
		case now := <-ticks:
			l.draw(w.Progress(), now)
		}
	}
}

// draw draws the line if what it is about takes long.
func (l *statusLine) draw(p lab.Progress, now time.Time) {
	if l.begun.IsZero() {
		l.begun = now.Add(-redraw)
	}
	took := now.Sub(l.begun)
	if l.screen == nil || took < patienceOfUsers {
		return
	}
	room := l.width() - 1
	if room < 0 {
		room = usualWidth - 1
	}
	text := []rune(statusText(p, took))
	text = text[:min(len(text), room)]
	fmt.Fprintf(l.screen, "\r%s\x1b[K", string(text))
	l.shown = true
}

func (l *statusLine) erase() {
	if l.shown {
		fmt.Fprint(l.screen, "\r\x1b[K")
	}
}

// statusText is the line: runs, simulated time, commands a second of the time that
// has passed here, and, once a run is whole, about how long the others will take.
func statusText(p lab.Progress, took time.Duration) string {
	text := fmt.Sprintf("run %d of %d, %s simulated, %s I/O/s", min(p.Whole+1, p.Of), p.Of, seconds(p.Simulated),
		thousands(float64(p.Commands)/took.Seconds()))
	if left := p.Of - p.Whole; p.Whole > 0 && left > 0 {
		text += ", about " + seconds(took*time.Duration(left)/time.Duration(p.Whole)) + " left"
	}
	return text
}

// seconds is a duration in the largest unit that says enough.
func seconds(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

func thousands(n float64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%.0f", n)
	case n < 1e6:
		return fmt.Sprintf("%.0f k", n/1e3)
	}
	return fmt.Sprintf("%.1f M", n/1e6)
}

// interrupted is the error of a command that ended early.
type interrupted struct{ made *lab.Partial }

func (e *interrupted) Error() string {
	if e.made.Whole == 0 {
		return "interrupted before any run had ended: there is no result"
	}
	return fmt.Sprintf("interrupted: %d of %d runs were made", e.made.Whole, e.made.Of)
}

// endedEarly shows a result, and says of one that is partial that it is, by the
// error too. One without any run is not shown.
func endedEarly(p *lab.Partial, show func() error) error {
	if p != nil && p.Whole == 0 {
		return &interrupted{p}
	}
	if err := show(); err != nil || p == nil {
		return err
	}
	return &interrupted{p}
}
