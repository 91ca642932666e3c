"""Transactions of the owner, prepared: what to call, with which data, how much gas, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .abi import function
from .address import parse_address
from .amounts import MAX_UINT256, credits_text
from .secret import WalletFault
from .signer import Fees
from .transaction import UnsignedTransaction

TRANSFER_GAS = 120_000
APPROVE_GAS = 90_000
COIN_GAS = 21_000
"""Gas of a plain transfer of the chain's coin to an account (yellow paper, appendix G)."""
MAX_GAS = 16_777_216
"""No transaction may use more (EIP-7825)."""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that the owner wants to do, before nonce and fees."""

    to: str
    data: bytes
    gas: int
    what: str
    """Words for the list of transactions."""
    value_wei: int = 0

    def transaction(self, chain_id: int, nonce: int, fees: Fees) -> UnsignedTransaction:
        """Return it with the rest that a signature fixes."""
        return UnsignedTransaction(
            chain_id, nonce, self.to, self.gas, fees, self.value_wei, self.data
        )


def pay(credit: str, recipient: str, amount_micro: int) -> Call:
    """Pay credits to somebody. Raises WalletFault."""
    to = _recipient(recipient, credit)
    positive(amount_micro)
    data = function("Credit", "transfer").encode(to, amount_micro)
    what = f"Payment of {credits_text(amount_micro)}"
    return Call(parse_address(credit, "credit"), data, TRANSFER_GAS, what)


def redeem(credit: str, amount_micro: int) -> Call:
    """Give credits up, as when the treasury pays them out."""
    positive(amount_micro)
    data = function("Credit", "burn").encode(amount_micro)
    what = f"Redeemed {credits_text(amount_micro)}"
    return Call(parse_address(credit, "credit"), data, TRANSFER_GAS, what)


def allow(credit: str, spender: str, amount_micro: int) -> Call:
    """Let a contract take up to an amount; 0 ends it. Raises WalletFault for no limit."""
    if not 0 <= amount_micro < MAX_UINT256:
        raise WalletFault("An allowance needs a limit.", "amount")
    data = function("Credit", "approve").encode(parse_address(spender, "spender"), amount_micro)
    what = f"Allowance of {credits_text(amount_micro)}" if amount_micro else "Allowance ended"
    return Call(parse_address(credit, "credit"), data, APPROVE_GAS, what)


def send_coins(recipient: str, amount_wei: int) -> Call:
    """Send the chain's own coin."""
    positive(amount_wei)
    to = _recipient(recipient, "")
    return Call(to, b"", COIN_GAS, "Payment in the chain's coin", amount_wei)


def cancel(own_address: str) -> Call:
    """Do nothing with a nonce, so that what waited with it can no longer happen."""
    return Call(parse_address(own_address), b"", COIN_GAS, "Cancellation")


def with_fees(transaction: UnsignedTransaction, fees: Fees) -> UnsignedTransaction:
    """Return the same transaction at other fees, as a replacement."""
    return replace(transaction, fees=fees)


def positive(amount: int) -> None:
    """Return for an amount that can be paid. Raises WalletFault."""
    if not 0 < amount <= MAX_UINT256:
        raise WalletFault("The amount must be more than nothing.", "amount")


def _recipient(recipient: str, token: str) -> str:
    to = parse_address(recipient, "to")
    if int(to, 16) == 0:
        raise WalletFault("Nobody has this address; what is sent there is lost.", "to")
    if to.lower() == token.lower():
        raise WalletFault(
            "This is the address of the credits themselves; what is sent there is lost.", "to"
        )
    return to
