package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// patience is how long work goes on before a terminal shows that it does.
const patience = time.Second

// onTerminal tells whether a person watches.
func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// spin shows on a terminal that work of unknown length is under way, once it has
// taken longer than a second. The returned function ends it and waits for it.
func (g *globals) spin(what string) (done func()) {
	if !onTerminal(g.stderr) {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-stop:
			return
		case <-time.After(patience):
		}
		bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(g.stderr),
			progressbar.OptionSetDescription(what), progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14))
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				_ = bar.Finish()
				return
			case <-tick.C:
				_ = bar.Add(1)
			}
		}
	}()
	return func() { close(stop); <-stopped }
}
