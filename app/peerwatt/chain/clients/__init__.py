"""Clients: a verified view of a network, one for each way in which blocks come to be final."""
