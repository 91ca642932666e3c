"""Holds signed bytes to what was prepared: every field, the signature, and who signed."""

from __future__ import annotations

from peerwatt.chain.encoding import EncodingFault
from peerwatt.chain.proofs.signed import decode_transaction
from peerwatt.wallet.address import checksum_address, keccak
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import Fees
from peerwatt.wallet.transaction import UnsignedTransaction, recover

_CHANGED = "What was signed is not what was prepared, so it is not sent; prepare it again."


def check_signed(raw: bytes, wanted: UnsignedTransaction, account: str) -> str:
    """Return the hash of signed bytes that are exactly a prepared transaction, signed by account.

    The bytes are written anew from what was prepared and the signature alone, so nothing else can
    be in them. Raises WalletFault.
    """
    try:
        signed = decode_transaction(raw)
    except EncodingFault:
        raise WalletFault("These bytes are no signed transaction; sign it again.", "raw") from None
    if wanted.signed(signed.parity, signed.r, signed.s) != raw:
        raise WalletFault(_CHANGED, "raw")
    if recover(wanted.signing_hash, signed.parity, signed.r, signed.s) != account:
        raise WalletFault("It is signed by another account than it was prepared for.", "raw")
    return f"0x{keccak(raw).hex()}"


def read_signed(raw: str) -> UnsignedTransaction:
    """Return what a stored signed transaction says, without its signature."""
    tx = decode_transaction(bytes.fromhex(raw[2:]))
    fees = Fees(tx.max_fee) if tx.type == 0 else Fees(None, tx.max_fee, tx.max_priority_fee)
    return UnsignedTransaction(
        chain_id=tx.chain_id or 0,
        nonce=tx.nonce,
        to=checksum_address(tx.to),
        gas=tx.gas,
        fees=fees,
        value_wei=tx.value_wei,
        data=tx.data,
    )
