package history

// lockPrune keeps pruning and committing apart: pruning drops what nothing refers
// to any more, and a commit may be about to. Commits do not wait for one another.
func (t *tx) lockPrune(pruning bool) error {
	if t.dialect == sqlite {
		return nil
	}
	mode := "_shared"
	if pruning {
		mode = ""
	}
	_, err := t.exec("SELECT pg_advisory_xact_lock"+mode+"(?)", idOf([]byte("prune")))
	return err
}
