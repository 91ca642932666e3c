"""Wallet: balances, accounts, the house's own key, and what was moved."""

from .page import WalletPage

__all__ = ["WalletPage"]
