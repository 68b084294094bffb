// Package mcpserver answers the questions of assistants over the Model Context
// Protocol: why did this fire, is this alert any good, what would happen if its
// limit were another, may I deploy.
//
// It never changes anything, and it never answers from what it does not know:
// every answer carries the window and the denominators that it rests on.
package mcpserver
