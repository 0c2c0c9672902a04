"""Changing files so that a crash leaves either the old state or the new one.

    lock -> stage beside the targets -> write the commit record -> exchange -> verify -> finish
            failure: remove what was staged                failure: exchange back       no undo

After a crash the next command looks for the record: with it, the exchange is completed; without
it, staged files are removed. `transaction` is the way in; `files` is the writer of single files.
"""
