"""The command line as typed, read once; actions of tasks: our own errors fail a task, others are bugs."""
