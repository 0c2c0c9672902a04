"""Reading and editing text: YAML and JSON, JSON with comments, shell profiles.

Documents are read strictly: a duplicate key is an error with file and line. An edit replaces the
bytes of one value and keeps comments, order, quotes and line ends around it.
"""
