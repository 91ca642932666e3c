"""What became of a transaction of the agent: sent, in a block, final, or sent again."""

from __future__ import annotations

from dataclasses import replace

from peerwatt.chain.reading.blocks import TransactionReceipt
from peerwatt.history.records import SentTransaction, TransactionState
from peerwatt.model.verified import Proven


def followed(
    sent: SentTransaction, receipt: Proven[TransactionReceipt] | None, final: int | None
) -> SentTransaction:
    """Return a transaction in the state that its proven receipt gives it.

    Without a receipt it waits: its block may have left the chain. A failure, too, is only told
    once nothing can change it any more.
    """
    if receipt is None:
        return replace(sent, state=TransactionState.SENT, block_number=None)
    state = TransactionState.IN_BLOCK
    if final is not None and receipt.block_number <= final:
        state = TransactionState.FINAL if receipt.value.succeeded else TransactionState.FAILED
    return replace(sent, state=state, block_number=receipt.block_number)
