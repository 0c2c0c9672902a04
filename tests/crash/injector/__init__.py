"""Runs a command and meets it at each system call that changes a file below a folder.

    system_calls   which calls change files, and where their arguments are
    seccomp        a filter, so that only these stop
    ptrace         the kernel's interface: follow a process, read and change its registers
    tracer         a command and all that it starts, stopped at each such call
    faults         what can happen there: killed, torn, short, failed, interrupted
    recording      what each call changed, and what was synced
    power          from a recording: the files that survive a loss of power at any of its points
    program        all of this as a program, since it waits for every process it has; `run` is the way in

Plain Python on Linux (x86_64, aarch64): nothing to install.
"""
