"""What takes the place of a waiting transaction: the same again, dearer, or nothing instead."""

from __future__ import annotations

from peerwatt.history.wallet_records import OwnerIntent
from peerwatt.wallet import calls
from peerwatt.wallet.calls import Call
from peerwatt.wallet.fees import bump, highest_price_wei
from peerwatt.wallet.pending import Purpose, State
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import Fees

from .convert import as_intent
from .fee_quote import FeeQuote
from .signed import read_signed


def replacement(stored: OwnerIntent, fees: FeeQuote, *, cancel: bool) -> tuple[Call, Fees, Purpose]:
    """Return the call, its fees and its purpose. Raises WalletFault where nothing is gained."""
    intent = as_intent(stored)
    if intent.state is not State.SENT:
        raise WalletFault(f"This transaction is {intent.words}; nothing can take its place.")
    latest = intent.latest
    if fees.is_free and not cancel:
        raise WalletFault(
            "This chain takes no fees, so nothing is faster; it is sent again by itself."
        )
    higher = _higher(bump(latest.fees), fees.fees)
    if cancel:
        return calls.cancel(stored.account), higher, Purpose.CANCEL
    purpose = Purpose.CANCEL if latest.purpose is Purpose.CANCEL else Purpose.REPLACE
    before = read_signed(latest.raw)
    call = Call(before.to, before.data, before.gas, stored.what, before.value_wei)
    return call, higher, purpose


def _higher(least: Fees, now: Fees) -> Fees:
    """Return fees that are enough to replace, and enough for the next block."""
    if least.gas_price_wei is not None:
        return Fees(gas_price_wei=max(least.gas_price_wei, highest_price_wei(now)))
    tip = max(least.tip_wei, now.tip_wei)
    return Fees(None, max(least.max_fee_wei, highest_price_wei(now), tip), tip)
