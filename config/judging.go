package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise/truth"
)

// Options is how alerts are tied to incidents. A loaded configuration has no
// fault here.
func (t Truth) Options() (truth.Options, error) {
	o := truth.Options{Lead: time.Duration(t.Lead), Join: slices.Clone(t.Join)}
	for i, m := range t.Map {
		matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(m.Alerts)
		if err != nil {
			return o, fmt.Errorf("truth.map[%d].alerts: %q is no selector; write it like {alertname=\"CheckoutSlow\"}", i, m.Alerts)
		}
		o.Mappings = append(o.Mappings, truth.Mapping{Alerts: matchers, SLO: m.SLO})
	}
	return o, nil
}

func (t Truth) validate(d *decoder) {
	limits{high: 24 * time.Hour}.hold(d, "truth.lead", t.Lead)
	for i := range t.Map {
		if _, err := (Truth{Map: t.Map[i : i+1]}).Options(); err != nil {
			d.fail(fmt.Sprintf("truth.map[%d].alerts", i), "%q is no selector; write it like {alertname=\"CheckoutSlow\"}", t.Map[i].Alerts)
		}
	}
}

// weekdays by the three letters that they are written with.
func weekdays() map[string]time.Weekday {
	out := map[string]time.Weekday{}
	for d := time.Sunday; d <= time.Saturday; d++ {
		out[strings.ToLower(d.String()[:3])] = d
	}
	return out
}

// Hours is when people sleep and work. A loaded configuration has no fault here.
func (p People) Hours() (truth.Hours, error) {
	var h truth.Hours
	var err error
	if h.Location, err = time.LoadLocation(p.Zone); err != nil {
		return h, fmt.Errorf("zone %q: no such time zone; write it like Europe/Berlin", p.Zone)
	}
	work, err := shift(p.Work)
	if err != nil {
		return h, fmt.Errorf("work %w", err)
	}
	if h.Sleep, err = shift(p.Sleep); err != nil {
		return h, fmt.Errorf("sleep %w", err)
	}
	h.Work = map[time.Weekday]truth.Shift{}
	for _, name := range p.Days {
		day, ok := weekdays()[strings.ToLower(name[:min(3, len(name))])]
		if !ok {
			return h, fmt.Errorf("days: %q is no day of the week; write it like Mon", name)
		}
		h.Work[day] = work
	}
	for _, text := range p.Holidays {
		date, err := truth.ParseDate(text)
		if err != nil {
			return h, fmt.Errorf("holidays: %q is no date; write it like 2026-12-25", text)
		}
		h.Holidays = append(h.Holidays, date)
	}
	return h, nil
}

// shift reads hours of the day like 22:00-07:00.
func shift(text string) (truth.Shift, error) {
	from, to, ok := strings.Cut(text, "-")
	begin, errFrom := clock(from)
	end, errTo := clock(to)
	if !ok || errFrom != nil || errTo != nil {
		return truth.Shift{}, fmt.Errorf("%q: want hours like 09:00-17:00", text)
	}
	return truth.Shift{From: begin, To: end}, nil
}

// clock reads a time of day; 24:00 is the end of it.
func clock(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

func (p People) validate(d *decoder) {
	if _, err := p.Hours(); err != nil {
		d.fail("people", "%v", err)
	}
}

func (a *Alertmanager) validate(d *decoder) {
	const setting = "alertmanager"
	if a.URL != "" {
		validateURL(a.URL, setting+".url", d)
	}
	a.Auth.validate(setting+".auth", d)
	if (a.TLS.CertFile == "") != (a.TLS.KeyFile == "") {
		d.fail(setting+".tls", "cert_file and key_file go together")
	}
	for name, value := range a.Headers {
		validateHeader(name, value, setting+".headers."+name, d)
	}
}
