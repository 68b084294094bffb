package realserver

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
)

// VictoriaMetrics starts Debian's single-node VictoriaMetrics and waits until it
// can be asked. Version and Config are not used. Samples go in by its own
// import API; call Flush before asking for them.
func VictoriaMetrics(t testing.TB, o Options) *Server {
	t.Helper()
	Requires(t, "victoria-metrics")
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	return start(t, spec{
		name:    "victoria-metrics",
		program: "victoria-metrics",
		ready:   "/health",
		args: func(address string) []string {
			return append([]string{
				"-storageDataPath=" + o.DataDir,
				"-httpListenAddr=" + address,
				"-retentionPeriod=100y",
				"-search.latencyOffset=0s",
				"-memory.allowedPercent=10",
			}, o.ExtraArgs...)
		},
	}, o.DataDir)
}

// Flush makes samples that VictoriaMetrics took in visible to queries.
func (s *Server) Flush() {
	s.t.Helper()
	if err := post(s.URL + "/internal/force_flush"); err != nil {
		s.t.Fatalf("flush %s: %v", s.spec.name, err)
	}
}

func post(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("post %s: %s", url, resp.Status)
	}
	return nil
}
