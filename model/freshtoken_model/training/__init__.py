"""Labs, demos and proofs: pure engines over an org and the content. One vocabulary of steps, one of
checks.
"""
