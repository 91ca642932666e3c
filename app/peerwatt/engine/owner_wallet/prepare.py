"""Prepares a transaction of the owner from proven state: nonce, fees, gas, words and warnings."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from peerwatt.api.wallet_messages import CancelSend, PreparedSend, SpeedUp, WalletIntent
from peerwatt.chain.bindings.community import Community as Contracts
from peerwatt.chain.bindings.registry import Agent, Member
from peerwatt.chain.bindings.wants import fetch_all
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.wallet.calls import Call
from peerwatt.wallet.fees import check_total, total_wei
from peerwatt.wallet.pending import Purpose, State
from peerwatt.wallet.secret import WalletFault
from peerwatt.wallet.signer import Fees
from peerwatt.wallet.transaction import UnsignedTransaction

from .accounts import AccountList, OwnAccount
from .estimate import GasEstimator
from .fee_quote import FeeQuote, quote
from .holdings import Holding, read_holdings
from .intents import Community, as_call
from .outbox import Outbox
from .replacement import replacement
from .warnings import Situation, warnings_of

MAX_PREPARED = 32
PREPARED_S = 900.0
"""How long a prepared transaction may be signed and sent, seconds of real time."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be signed, before its words: the call with its fees, nonce and gas."""

    call: Call
    fees: Fees
    nonce: int
    recipient: str
    amount_micro: int | None = None
    is_payment: bool = False
    purpose: Purpose = Purpose.SEND
    replaces: str | None = None
    """Intent whose place it takes."""
    refusal: str = ""
    """What the contract says against it now."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared transaction, kept until it is sent or too old."""

    view: PreparedSend
    transaction: UnsignedTransaction
    account: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Known:
    """What one preparation read of the chain, at one block."""

    block: int
    holding: Holding
    sender: Member
    receiver: Member
    grant: Agent | None


class Preparer:
    """Makes prepared transactions; asks the chain, changes nothing."""

    def __init__(
        self,
        contracts: Contracts,
        reader: ProvenReader,
        accounts: AccountList,
        outbox: Outbox,
        agent: str | None,
    ) -> None:
        self.gas = GasEstimator(reader)
        self._contracts = contracts
        self._reader = reader
        self._accounts = accounts
        self._outbox = outbox
        self._agent = agent
        self._prepared: dict[str, Prepared] = {}

    def get(self, prepared_id: str, now_s: float) -> Prepared:
        """Return what was prepared. Raises WalletFault for an unknown or outdated one."""
        found = self._prepared.get(prepared_id)
        if found is None:
            raise WalletFault("This transaction is not known any more; prepare it again.")
        if now_s > found.view.expires_s:
            del self._prepared[prepared_id]
            raise WalletFault("This transaction was prepared too long ago; prepare it again.")
        return found

    def done(self, prepared_id: str) -> None:
        """Forget what was sent."""
        self._prepared.pop(prepared_id, None)

    async def prepare(
        self, address: str, intent: WalletIntent, now_s: float, speed: float
    ) -> PreparedSend:
        """Return a transaction ready to be decoded and signed.

        ``speed`` is simulated seconds per second. Raises WalletFault or ChainFault.
        """
        account = self._signing(address)
        fees = await quote(self._reader)
        if isinstance(intent, SpeedUp | CancelSend):
            draft = self._replacing(account, intent, fees)
        else:
            draft = await self._new(account, intent, fees, now_s)
        known = await self._read(account.address, draft.recipient)
        self._outbox.head_nonces[account.address] = known.holding.nonce
        if draft.replaces is None:
            draft = replace(draft, nonce=self._outbox.pending(account.address).next_nonce)
        check_total(draft.fees, draft.call.gas)
        chain_id = self._reader.client.network.chain_id
        transaction = draft.call.transaction(chain_id, draft.nonce, draft.fees)
        case = self._situation(intent, account, draft, known, fees)
        view = _view(draft, transaction, case, known.block, now_s + PREPARED_S * max(speed, 1.0))
        self._keep(Prepared(view, transaction, account.address, draft))
        return view

    def _signing(self, address: str) -> OwnAccount:
        account = self._accounts.of(address)
        if account is None:
            raise WalletFault("The wallet has no account with this address.", "from_address")
        if not account.can_sign:
            raise WalletFault(
                f"{account.label} is only watched: its key is not in this wallet.", "from_address"
            )
        return account

    async def _new(
        self, account: OwnAccount, intent: WalletIntent, fees: FeeQuote, now_s: float
    ) -> Draft:
        contracts = self._reader.client.network.contracts
        asked = as_call(intent, Community(contracts, self._agent, now_s))
        fixed = getattr(intent, "gas", None) is not None
        need = await self.gas.need(asked.call, account.address, fixed=fixed)
        return Draft(
            call=replace(asked.call, gas=need.gas),
            fees=fees.fees,
            nonce=0,
            recipient=asked.recipient,
            amount_micro=asked.amount_micro,
            is_payment=asked.is_payment,
            refusal=need.refusal,
        )

    def _replacing(
        self, account: OwnAccount, intent: SpeedUp | CancelSend, fees: FeeQuote
    ) -> Draft:
        stored = self._outbox.of_hash(intent.transaction_hash)
        if stored is None:
            raise WalletFault("No such transaction is on its way.", "transaction_hash")
        if stored.account != account.address:
            raise WalletFault("It was sent from another account.", "from_address")
        cancel = isinstance(intent, CancelSend)
        call, higher, purpose = replacement(stored, fees, cancel=cancel)
        cancels = purpose is Purpose.CANCEL
        return Draft(
            call=call,
            fees=higher,
            nonce=stored.nonce,
            recipient=account.address if cancels else stored.recipient,
            amount_micro=None if cancels else stored.amount_micro,
            purpose=purpose,
            replaces=stored.intent_id,
        )

    async def _read(self, account: str, recipient: str) -> Known:
        """Read what words and nonce follow from, pinned to the newest verified block."""
        block = self._reader.client.pinned().header.number
        registry = self._contracts.registry
        wants = {"sender": registry.member(account), "receiver": registry.member(recipient)}
        agents = {"grant": registry.agent(self._agent)} if self._agent else {}
        found = (await fetch_all(self._reader, {**wants, **agents}, block)).value
        holding = await read_holdings(self._reader, self._contracts.credit, [account], block)
        return Known(
            block, holding[account], found["sender"], found["receiver"], found.get("grant")
        )

    def _situation(
        self,
        intent: WalletIntent,
        account: OwnAccount,
        draft: Draft,
        known: Known,
        fees: FeeQuote,
    ) -> Situation:
        status = self._reader.client.status
        waiting = [
            one
            for one in self._outbox.of(account.address)
            if one.state == State.SENT and one.intent_id != draft.replaces
        ]
        return Situation(
            intent=intent,
            account=account,
            holding=known.holding,
            waiting_micro=-sum(min(one.amount_micro or 0, 0) for one in waiting),
            amount_micro=-(draft.amount_micro or 0),
            max_cost_wei=total_wei(draft.fees, draft.call.gas) + draft.call.value_wei,
            recipient=draft.recipient,
            is_payment=draft.is_payment,
            contracts=self._reader.client.network.contracts,
            own=self._accounts.accounts,
            agent=self._agent,
            grant=known.grant,
            sender=known.sender,
            receiver=known.receiver,
            refusal=draft.refusal,
            has_waiting=bool(waiting),
            chain_state=status.state,
            chain_sentence=status.sentence,
            fees_are_proven=fees.is_proven,
        )

    def _keep(self, prepared: Prepared) -> None:
        self._prepared[prepared.view.prepared_id] = prepared
        while len(self._prepared) > MAX_PREPARED:
            del self._prepared[next(iter(self._prepared))]


def _view(
    draft: Draft,
    transaction: UnsignedTransaction,
    case: Situation,
    block: int,
    expires_s: float,
) -> PreparedSend:
    before = case.holding.credit_micro
    return PreparedSend(
        prepared_id=secrets.token_hex(16),
        from_address=case.account.address,
        what=draft.call.what,
        transaction=transaction.as_json(),
        max_cost_wei=str(case.max_cost_wei),
        credit_before_micro=before,
        credit_after_micro=before - case.amount_micro - case.waiting_micro,
        warnings=warnings_of(case),
        block_number=block,
        expires_s=expires_s,
    )
