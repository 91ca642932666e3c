"""Clique and AuRa: blocks may be replaced until enough validators built on them."""
