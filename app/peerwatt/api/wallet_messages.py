"""Messages about the owner's wallet: accounts, prepared transactions, and what became of them.

The owner's keys are never in the engine. The engine prepares a transaction from proven state, the
signer process decodes and signs it, the engine sends the signed bytes and follows them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .base import ChainValue, Message, TrustMark

Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
HexData = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})*$", max_length=262_146)]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{64}$")]
Whole = Annotated[str, Field(pattern=r"^[0-9]{1,78}$")]
"""An integer of up to 256 bits, as text: JSON's numbers lose digits beyond 53 bits."""


class AccountView(Message):
    """One account of the wallet with what it holds, all proven at one block."""

    account_id: str
    address: str
    label: str
    kind: Literal["seed", "key", "watch", "ledger", "trezor"]
    is_member: bool = False
    """Whether it is the account with which this house is a member of the community."""
    backed_up: bool = True
    credit: ChainValue
    coins_wei: Whole | None = None
    """The chain's own coin; ``None`` where not proven."""
    nonce: int | None = None


class Transfer(Message):
    """Pay credits of the community to somebody."""

    intent: Literal["transfer"] = "transfer"
    to: Address
    amount_micro: Annotated[int, Field(gt=0, lt=2**63)]


class TransferCoins(Message):
    """Send the chain's own coin."""

    intent: Literal["transfer-coins"] = "transfer-coins"
    to: Address
    value_wei: Whole


class Redeem(Message):
    """Give credits back to the community."""

    intent: Literal["redeem"] = "redeem"
    amount_micro: Annotated[int, Field(gt=0, lt=2**63)]


class Deposit(Message):
    """Bring credits into the own account with the market; the market must be allowed to take them.

    ``allow`` for the contract ``Market`` does that; a grown allowance of before serves as well.
    """

    intent: Literal["deposit"] = "deposit"
    amount_micro: Annotated[int, Field(gt=0, lt=2**63)]


class Withdraw(Message):
    """Take credits out of the account with the market; never paused."""

    intent: Literal["withdraw"] = "withdraw"
    amount_micro: Annotated[int, Field(gt=0, lt=2**63)]


class ChooseOffer(Message):
    """Take a supplier's offer from the next period on."""

    intent: Literal["choose-offer"] = "choose-offer"
    offer: Annotated[int, Field(gt=0, lt=2**32)]


class NoFuss(Message):
    """Take the mid-market rate where the market is thin, or not."""

    intent: Literal["no-fuss"] = "no-fuss"
    no_fuss: bool


class EndDeal(Message):
    """End a direct deal from the next day on."""

    intent: Literal["end-deal"] = "end-deal"
    deal_id: Hash


class GrantAgent(Message):
    """Authorise the house's own key, or change its limits; ends a pause."""

    intent: Literal["grant-agent"] = "grant-agent"
    daily_limit_micro: Annotated[int, Field(ge=0, lt=2**63)]
    daily_sales_wh: Annotated[int, Field(ge=0, lt=2**63)]
    min_price_micro: Annotated[int, Field(ge=0, lt=2**32)]
    max_price_micro: Annotated[int, Field(ge=0, lt=2**32)]
    expires_s: Annotated[int, Field(gt=0, lt=2**48)]
    may_trade: bool = True
    may_offer: bool = True


class PauseAgent(Message):
    """Stop the house's own key for a while, or let it go on."""

    intent: Literal["pause-agent"] = "pause-agent"
    paused: bool


class RevokeAgent(Message):
    """End the authority of the house's own key."""

    intent: Literal["revoke-agent"] = "revoke-agent"


class Allow(Message):
    """Let a contract of the community take up to an amount; 0 ends it."""

    intent: Literal["allow"] = "allow"
    contract: Literal["Market", "Settlement", "Flexibility", "Loan", "Services"]
    amount_micro: Annotated[int, Field(ge=0, lt=2**63)]


class CallContract(Message):
    """Call any contract, as a link or an expert asks for it."""

    intent: Literal["call"] = "call"
    to: Address
    data: HexData
    value_wei: Whole = "0"
    gas: Annotated[int, Field(ge=21_000, le=16_777_216)] | None = None


class SpeedUp(Message):
    """Send a waiting transaction again with fees at least 10 % higher."""

    intent: Literal["speed-up"] = "speed-up"
    transaction_hash: Hash


class CancelSend(Message):
    """Put an empty transaction in a waiting one's place."""

    intent: Literal["cancel"] = "cancel"
    transaction_hash: Hash


WalletIntent = Annotated[
    Transfer
    | TransferCoins
    | Redeem
    | Deposit
    | Withdraw
    | ChooseOffer
    | NoFuss
    | EndDeal
    | GrantAgent
    | PauseAgent
    | RevokeAgent
    | Allow
    | CallContract
    | SpeedUp
    | CancelSend,
    Field(discriminator="intent"),
]


class PrepareSend(Message):
    """Body of ``POST /v1/wallet/prepare``."""

    from_address: Address
    intent: WalletIntent


class PreparedSend(Message):
    """A transaction ready to be decoded and signed by the signer process."""

    prepared_id: str
    from_address: str
    what: str
    """Words for the list of transactions; the signer's own decoding is what the owner confirms."""
    transaction: dict[str, str]
    """Everything that a signature fixes, named as in JSON-RPC, numbers in 0x hex: what the
    signer's ``describe`` and ``sign_transaction`` take."""
    max_cost_wei: Whole
    """The most that it can cost in the chain's coin: gas times price, and the value."""
    credit_before_micro: int | None = None
    credit_after_micro: int | None = None
    warnings: tuple[str, ...] = ()
    block_number: int
    """Verified block from which nonce and fees follow."""
    expires_s: float


class BroadcastSend(Message):
    """Send what the signer signed; refused unless it is exactly what was prepared."""

    command: Literal["wallet-broadcast"] = "wallet-broadcast"
    prepared_id: str
    raw: HexData
    label: Annotated[str, Field(max_length=80)] = ""


class LabelTransaction(Message):
    """Give a transaction a label of the owner's; empty takes it away."""

    command: Literal["wallet-label"] = "wallet-label"
    transaction_hash: str
    label: Annotated[str, Field(max_length=80)] = ""


class RefreshAccounts(Message):
    """Read the list of accounts anew, after the signer process changed it."""

    command: Literal["wallet-accounts"] = "wallet-accounts"


class ResolveEvidence(Message):
    """Go on after validators contradicted themselves; the evidence is kept.

    ``ours`` keeps the block that was verified first, ``theirs`` follows the other one.
    """

    command: Literal["chain-resolve"] = "chain-resolve"
    confirm: Literal[True]
    follow: Literal["ours", "theirs"] = "ours"


class TransactionView(Message):
    """One transaction of our accounts, or a payment that settlement made from or to them."""

    transaction_hash: str
    """0x hash; for a payment by settlement, words that name the interval."""
    time_s: float
    what: str
    """In plain words."""
    amount_micro: int | None = None
    state: Literal["sent", "in block", "final", "failed", "dropped", "replaced"]
    block_number: int | None = None
    mark: TrustMark = TrustMark.PENDING
    by: Literal["owner", "agent", "other"] = "agent"
    account: str | None = None
    """Address that sent it, where it is one of ours."""
    nonce: int | None = None
    label: str = ""
    is_stuck: bool = False
    """Waiting for so long that speeding up or cancelling makes sense."""
    can_replace: bool = False
    counterparty: str | None = None
    """Address that was paid, called, or paid us; ``None`` for settlements."""
    sentence: str = ""
    """Why it waits, in words; empty while all is well."""
