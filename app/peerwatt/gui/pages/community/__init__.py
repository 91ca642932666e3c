"""Community: the supplier, where energy came from, chosen neighbours, offers and services."""

from .page import CommunityPage

__all__ = ["CommunityPage"]
