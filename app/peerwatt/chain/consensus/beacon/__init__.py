"""Ethereum proof of stake: the light-client sync protocol as pure functions of data and time.

Source of all rules: Ethereum consensus specifications, ``light-client/sync-protocol.md`` of
Altair, with the changes of Capella, Deneb, Electra and Gloas.
"""
