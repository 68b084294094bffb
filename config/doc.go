// Package config holds the settings of the daemon and of everything else that a
// configuration file can say: where the data comes from, what the report
// covers, where it is served and how burnish logs.
//
// Its main type is [Config]; [Load] reads a file strictly and tells every fault
// at once with line and column, lays BURNISH_... environment variables and
// flags over it, and hands out only what is valid. It opens no source, reads no
// secret (it keeps the paths of files that hold them) and does not look whether
// the files it names exist.
package config
