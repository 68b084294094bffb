package spec_test

import (
	"fmt"

	"github.com/burnish-sre/burnish/slo/spec"
)

func ExampleParse() {
	parsed, err := spec.Parse("checkout.yml", []byte(`
version: burnish/v1
service: checkout
slos:
- name: availability
  objective: 99.9
  window: 30d
  sli:
    events: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
`))
	fmt.Println(parsed.SLOs[0].ID(), parsed.SLOs[0].Objective, err)
	_, err = spec.Parse("typo.yml", []byte(`
version: burnish/v1
service: checkout
slos:
- name: availability
  objectve: 99.9
  window: 30d
  sli: {probe: {gauge: probe_success}}
`))
	fmt.Println(err)
	// Output:
	// checkout/availability 0.999 <nil>
	// typo.yml:5:3: slo: objective is missing
	// typo.yml:6:3: slo: unknown key "objectve"; did you mean objective?
}
