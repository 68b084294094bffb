package alertmanager

import "fmt"

// Limits bound what one message may hold. The zero value of each field means its
// default. A message over a limit is refused as a whole.
type Limits struct {
	// Alerts is how many alerts a message may name; 20,000.
	Alerts int
	// Labels is how many labels an alert may have; 128.
	Labels int
	// LabelName and LabelValue are the longest of them in bytes; 256 and 8,192.
	LabelName, LabelValue int
	// Text is the longest of any other text in bytes, such as a group key;
	// 65,536. Comments and authors are cut, never refused.
	Text int
	// Events is how many events a list of the event recorder may hold; 20,000.
	Events int
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.Alerts, 20_000)
	orDefault(&l.Labels, 128)
	orDefault(&l.LabelName, 256)
	orDefault(&l.LabelValue, 8192)
	orDefault(&l.Text, 65_536)
	orDefault(&l.Events, 20_000)
	return l
}

func orDefault(field *int, value int) {
	if *field <= 0 {
		*field = value
	}
}

// Fault is the kind of thing that is wrong with a message.
type Fault string

// The faults of messages.
const (
	FaultMalformed Fault = "malformed" // not JSON, or not of the shape it should have
	FaultUTF8      Fault = "utf8"      // text that is not UTF-8
	FaultVersion   Fault = "version"   // a webhook of another version than 4
	FaultTooMany   Fault = "too_many"  // more alerts, labels or events than Limits admit
	FaultTooLong   Fault = "too_long"  // a longer text than Limits admit
)

// Faults lists them all.
func Faults() []Fault {
	return []Fault{FaultMalformed, FaultUTF8, FaultVersion, FaultTooMany, FaultTooLong}
}

// Refusal is why a message was not taken. Sending it again won't help. Its text
// holds nothing of the message.
type Refusal struct {
	Fault  Fault
	Detail string
}

// Error says what is wrong.
func (r *Refusal) Error() string { return "refuse message: " + r.Detail }

func refuse(f Fault, format string, args ...any) *Refusal {
	return &Refusal{Fault: f, Detail: fmt.Sprintf(format, args...)}
}
