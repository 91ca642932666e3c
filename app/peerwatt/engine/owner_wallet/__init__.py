"""The engine's side of the owner's wallet: prepares, checks, sends and follows; holds no key.

The owner's keys live in the signer's process. What it signed is taken only if it is exactly what
was prepared here, is stored before it is sent, and is followed until it is final.
"""
