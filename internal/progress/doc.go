// Package progress shows how a long command goes on: the stage, a bar, the rate
// and the remaining time. On a terminal it rewrites one line; elsewhere it writes
// a plain line from time to time, so that log files stay short.
package progress
