"""What the steps rest on: one folder per matter, in floors; a lower floor never imports an upper one."""
