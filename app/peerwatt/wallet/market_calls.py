"""What the owner says to the market itself: deposits, withdrawals, supplier, deals."""

from __future__ import annotations

from .abi import function
from .address import parse_address
from .amounts import credits_text
from .calls import Call, positive
from .secret import WalletFault

ACCOUNT_GAS = 160_000
CHOOSE_GAS = 400_000
DEAL_GAS = 160_000


def deposit(market: str, amount_micro: int) -> Call:
    """Bring credits into the own account; the market must be allowed to take them."""
    positive(amount_micro)
    data = function("Market", "deposit").encode(amount_micro)
    return _call(market, data, ACCOUNT_GAS, f"Deposit of {credits_text(amount_micro)}")


def withdraw(market: str, amount_micro: int) -> Call:
    """Take credits out of the own account."""
    positive(amount_micro)
    data = function("Market", "withdraw").encode(amount_micro)
    return _call(market, data, ACCOUNT_GAS, f"Withdrawal of {credits_text(amount_micro)}")


def set_no_fuss(market: str, *, no_fuss: bool) -> Call:
    """Take the mid-market rate where the market is thin, or not."""
    data = function("Market", "set_no_fuss").encode(no_fuss)
    what = "Mid-market rate chosen" if no_fuss else "Mid-market rate given up"
    return _call(market, data, ACCOUNT_GAS, what)


def choose_offer(supply: str, offer: int) -> Call:
    """Take a supplier's offer from the next period on."""
    if offer < 1:
        raise WalletFault("Offers are numbered from 1.", "offer")
    data = function("Supply", "choose").encode(offer)
    return _call(supply, data, CHOOSE_GAS, f"Supplier's offer {offer} chosen")


def end_deal(deals: str, deal_id: bytes) -> Call:
    """End a direct deal from the next day on."""
    data = function("Deals", "end").encode(deal_id)
    return _call(deals, data, DEAL_GAS, "Direct deal ended")


def redeem(credit: str, amount_micro: int, reference: bytes) -> Call:
    """Give credits to the treasury, which pays them out at par or has to give them back.

    ``reference``: 32 bytes by which the treasury finds where to pay.
    """
    positive(amount_micro)
    data = function("Credit", "redeem").encode(amount_micro, reference)
    what = f"Redemption of {credits_text(amount_micro)}"
    return _call(credit, data, CHOOSE_GAS, what)


def _call(contract: str, data: bytes, gas: int, what: str) -> Call:
    return Call(parse_address(contract, "contract"), data, gas, what)
