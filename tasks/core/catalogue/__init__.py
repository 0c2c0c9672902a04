"""What can be deployed and explained: the YAML files of templates/, checked, and cached in build/.

`catalogue` reads, `crosscheck` compares every file with its schema and with the files that it
names. Facts about Claude Code's settings and about error messages are files of templates/ too.
"""
