"""Proofs of execution as pure functions: accounts, storage, receipts, transactions, events."""

from peerwatt.model.verified import Unproven


class ProofRefused(Unproven):
    """A proof does not lead from the verified root to the value; the message says where."""
