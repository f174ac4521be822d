// Package cli is the command line: a file per group of commands, each a call or
// two of package client and a table or JSON of the answer. It knows no database
// and starts no server; the commands that run the process itself are made by
// package app and handed in.
package cli
