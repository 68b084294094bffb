package detect

// All is every detector, in the order of their kinds.
func All() []Detector { return nil }
