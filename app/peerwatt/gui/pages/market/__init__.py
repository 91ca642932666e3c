"""Market: the book, the own orders as curves, and what the intervals came to."""

from .page import MarketPage

__all__ = ["MarketPage"]
