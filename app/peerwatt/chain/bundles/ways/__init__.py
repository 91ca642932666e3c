"""The way from a trust root to the blocks of a proof file, one module for each kind of consensus.

Each has ``describe`` (the rules as a network's description has them), ``follow`` (verifies what a
file shows, pure) and ``find`` (collects what a file must show, from verified endpoints).
"""
