"""What the steps stand on: files, documents, templates, secrets, processes, the console."""
