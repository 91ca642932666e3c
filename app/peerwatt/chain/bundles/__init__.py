"""Proof files: written from verified values, checked without a connection."""
