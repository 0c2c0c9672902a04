"""Three-way merges of files that both the user and a deployment changed.

    base: what was last deployed    found: what is on disk    wanted: what is about to be deployed

What one side changed is taken. What both sides changed in different ways is a conflict: nothing is
written, and the user gets a file with both sides. The data decide (`three_way`); the text of
`found` is edited (`yaml`), so comments and order survive. Whether a file is merged at all is
decided in `deploying`.
"""
