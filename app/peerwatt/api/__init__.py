"""The local API: its messages and its client. The server is in ``engine``, the window in ``gui``."""
