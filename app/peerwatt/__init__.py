"""Peerwatt: the desktop program with which a household takes part in its local energy market."""

__version__ = "0.1.0"
