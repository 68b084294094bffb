// Package alertmanager asks an Alertmanager, over its API v2, for what the
// replay of notifications needs: the silences, the configuration in force and the
// alerts that it knows now. And it reads what an Alertmanager tells of its own
// accord: webhooks ([ParseWebhook]) and the events of its event recorder
// ([ParseRecorded]), both as [Event].
//
// Its main type is [Client]. [ReadSilences] reads silences from a file. It only
// reads: it makes no silence and sends no alert. Answers and messages are
// bounded, since the labels and comments in them come from anybody.
package alertmanager
