"""Named sets of choices, kept beside the gateway; private files for a program that uses one."""
