"""Credit: the community's unit of account (ERC-20, EIP-2612); amounts in micro-units."""

from __future__ import annotations

from .artefact import Artefact, load_artefact
from .wants import Want, word


class Credit:
    """The credit contract at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.artefact: Artefact = load_artefact("Credit")

    def balance(self, holder: str) -> Want[int]:
        """Balance of an account, micro-units."""
        return word(self.address, self.artefact.layout.of("balanceOf", holder))

    def allowance(self, holder: str, spender: str) -> Want[int]:
        """What a contract may take from an account, micro-units."""
        return word(self.address, self.artefact.layout.of("allowance", holder, spender))

    def total_supply(self) -> Want[int]:
        """All credits there are, micro-units."""
        return word(self.address, self.artefact.layout.slot("totalSupply"))

    def transfer(self, to: str, amount_micro: int) -> bytes:
        """Data of a payment."""
        return self.artefact.calldata("transfer", to, amount_micro)

    def approve(self, spender: str, amount_micro: int) -> bytes:
        """Data that lets a contract take up to an amount."""
        return self.artefact.calldata("approve", spender, amount_micro)

    def mint(self, to: str, amount_micro: int) -> bytes:
        """Data of an issue by a treasury that is a plain account (tests, other communities).

        Where the treasury is the contract Treasury, an issue has two steps: see there.
        """
        return self.artefact.calldata("mint", to, amount_micro)

    def redeem(self, amount_micro: int, reference: bytes) -> bytes:
        """Data that locks own credits with the treasury until it has paid them out.

        ``reference``: 32 bytes, a hash of where to pay.
        """
        return self.artefact.calldata("redeem", amount_micro, reference)

    @staticmethod
    def deployment(name: str, symbol: str, treasury: str) -> bytes:
        """Data that deploys the contract."""
        return load_artefact("Credit").deployment(name, symbol, treasury)
