package route

// channel is the integrations of a receiver that do the same with resolved
// alerts: they notify at the same times, so one of them is replayed.
type channel struct {
	sendResolved bool
	entry        entry
}

// entry is what the notification log knows of a group and a channel. Which
// alerts it names is kept as a mark on each alert's place: those marked with the
// entry's own number.
type entry struct {
	number  uint32 // 0: there is no entry
	at      int64
	expires int64
	firing  int // how many
	marks   []mark
}

// mark says in which entry, by number, an alert was named as what.
type mark struct{ firing, resolved uint32 }

// nflogRetention is Alertmanager's default of --data.retention, which bounds how
// long entries are kept.
const nflogRetention = 120 * 3600 * 1000

// known tells whether there is an entry that has not expired.
func (e *entry) known(now int64) bool { return e.number != 0 && now < e.expires }

func (e *entry) hasFiring(place int32) bool   { return e.marks[place].firing == e.number }
func (e *entry) hasResolved(place int32) bool { return e.marks[place].resolved == e.number }

// decide is notify.DedupStage.needsUpdate: why to notify, empty for not at all.
func (c *channel) decide(f *flush, repeat int64) Reason {
	e := &c.entry
	if !e.known(f.now) {
		if len(f.firing) > 0 {
			return ReasonFirst
		}
		return ""
	}
	for _, place := range f.firing {
		if e.hasFiring(place) {
			continue
		}
		if e.firing == 0 {
			return ReasonFirst
		}
		return ReasonNew
	}
	if len(f.firing) == 0 {
		if e.firing > 0 {
			return ReasonAllGone
		}
		return ""
	}
	if c.sendResolved {
		for _, place := range f.resolved {
			if !e.hasResolved(place) {
				return ReasonResolved
			}
		}
	}
	if e.at < f.now-repeat {
		return ReasonRepeat
	}
	return ""
}

// write is notify.SetNotifiesStage: the log now knows of this flush.
func (e *entry) write(f *flush, number uint32, repeat int64) {
	e.number, e.at, e.firing = number, f.now, len(f.firing)
	e.expires = f.now + min(2*repeat, nflogRetention)
	for _, place := range f.firing {
		e.marks[place].firing = number
	}
	for _, place := range f.resolved {
		e.marks[place].resolved = number
	}
}
