"""The command line as typed; actions of tasks: our own errors fail a task, others are bugs."""
