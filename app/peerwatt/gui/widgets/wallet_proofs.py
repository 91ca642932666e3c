"""Which proof stands behind each value of the wallet's page."""

from __future__ import annotations

import re

from peerwatt.api.proof_messages import (
    AgentProof,
    CreditProof,
    EscrowProof,
    ProofOf,
    ReceiptProof,
    SettledProof,
    SupplyProof,
)
from peerwatt.api.wallet_messages import TransactionView

from ..bridge import Bridge
from .marks import MarkLine
from .proof_menu import offer_proof, offer_row_proofs
from .table import Table

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_INTERVAL = re.compile(r"interval (\d+)$")


def offer_wallet_proofs(
    bridge: Bridge, credit: MarkLine, escrowed: MarkLine, supply: MarkLine, agent: MarkLine
) -> None:
    """Let the page's marks save the proofs of their values."""
    offer_proof(credit, bridge, lambda: [CreditProof()])
    offer_proof(escrowed, bridge, lambda: [EscrowProof()])
    offer_proof(supply, bridge, lambda: [SupplyProof()])
    offer_proof(agent, bridge, lambda: [AgentProof()])


def offer_transaction_proofs(bridge: Bridge, table: Table[TransactionView]) -> None:
    """Let each proven row save the proof of its transaction or settlement."""
    offer_row_proofs(table, bridge, proofs_of, lambda row: row.mark)


def proofs_of(row: TransactionView) -> list[ProofOf]:
    """Return what proves a row; nothing for a transaction that is in no block yet."""
    if _HASH.fullmatch(row.transaction_hash):
        return [ReceiptProof(transaction_hash=row.transaction_hash)] if row.block_number else []
    found = _INTERVAL.search(row.transaction_hash)
    return [SettledProof(interval=int(found[1]))] if found else []
