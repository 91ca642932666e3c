"""Consensus rules as pure functions of headers and time."""
