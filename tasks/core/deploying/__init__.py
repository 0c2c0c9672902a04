"""From choices to a change, and back.

    options, memory, interview -> choices -> deployment -> plan -> one transaction -> report
    preflight, render, stage, validate, backup, install + settings, commit, verify, swap, finish

A plan is data without secrets: it can be shown, saved to a file, and compared with the disk again
before it is applied. `file_changes` compares the disk with what was last deployed.
"""
