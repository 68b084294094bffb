// Package gateapi writes the deploy gate's answers and serves them over HTTP in the
// shapes that roll-out controllers call: Flagger's webhooks, which go by the status
// code, and the web metrics of Argo Rollouts, which read a field of the JSON.
//
// [NewDocument] is the form burnish/gate/v1 of an answer, [Handler] the endpoint.
// The package decides nothing and reads no source: a [Decider] does.
package gateapi
