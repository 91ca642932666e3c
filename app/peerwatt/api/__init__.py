"""The local API: its messages and its client. Its server is in ``engine``."""
