"""Earlier states: numbered revisions and archives; and the transaction that a run shares.

    deploy: revision N.prepared -> commit -> revision N, which the manifest names as current
    backup: archive is written -> read back and compared -> gets its name

Revisions hold no secrets; an archive holds them only when it is encrypted.
"""
