"""Values and rules of a deployment: standard library only, no doit, no files."""
