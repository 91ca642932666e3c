"""The wallet's part of a made-up engine: real transactions of a chain that nobody runs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account as EthAccount
from gui_feed import FakeFeed

from peerwatt.api import wallet_messages as w
from peerwatt.api.base import TrustMark
from peerwatt.config.paths import SitePaths
from peerwatt.config.settings import ChainSettings, SiteSettings, save_settings
from peerwatt.wallet import agent_calls, calls, market_calls
from peerwatt.wallet.address import keccak
from peerwatt.wallet.fees import total_wei
from peerwatt.wallet.files import wallet_folder
from peerwatt.wallet.mnemonic import key_from_seed
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import FREE, Fees
from peerwatt.wallet.store import WalletStore
from peerwatt.wallet.transaction import UnsignedTransaction

CHAIN_ID = 20211
CONTRACTS = {
    "Credit": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "Market": "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "Registry": "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    "Settlement": "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "Flexibility": "0x27b1fdb04752bbc536007a920d24acb045561c26",
}
PASSWORD = "correct horse"
WORDS = "test test test test test test test test test test test junk"
OWNER = key_from_seed(WORDS, "").address
AGENT = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
ANNA = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ANNA_TWIN = "0x5aAe0000000000000000000000000000000beAed"
STRANGER = "0x71C7656EC7ab88b098defB751B7401B5f6d8976F"


def prepare_site(site: str, *, wallet: bool = True) -> SitePaths:
    """Write a site's settings and, cheaply encrypted, its wallet; what was there is gone."""
    paths = SitePaths.named(site)
    shutil.rmtree(wallet_folder(paths), ignore_errors=True)
    chain = ChainSettings(chain_id=CHAIN_ID, contracts=CONTRACTS)
    save_settings(paths.settings, SiteSettings(chain=chain))
    if wallet:
        store = WalletStore(wallet_folder(paths), scrypt_n=2)
        store.import_seed(PASSWORD, WORDS, "", "Our house", 1)
        store.import_key(PASSWORD, SecretKey(bytes(range(1, 33))), "Savings", 2, has_copy=False)
        store.watch(STRANGER, "Grandma", 3)
    return paths


def account_view(address: str, label: str, micro: int, **more: Any) -> w.AccountView:
    """Return an account with its proven credits."""
    return w.AccountView.model_validate(
        {
            "account_id": address,
            "address": address,
            "label": label,
            "kind": "seed",
            "credit": {"value": micro, "mark": "verified", "block_number": 1204},
            "coins_wei": "2000000000000000000",
            "nonce": 7,
            **more,
        }
    )


@dataclass
class WalletBackend:
    """Prepares, checks and lists; the test says when a block comes."""

    feed: FakeFeed
    news: list[tuple[str, Any]]
    contracts: dict[str, str]
    fees: Fees = FREE
    refuse_prepare: str = ""
    refuse_broadcast: str = ""
    warnings: tuple[str, ...] = ()
    swap_recipient: str = ""
    """Plays an engine that was broken into."""
    intents: list[Any] = field(default_factory=list)
    prepared: dict[str, tuple[UnsignedTransaction, str, str]] = field(default_factory=dict)
    sent: dict[str, w.TransactionView] = field(default_factory=dict)

    def prepare(self, body: w.PrepareSend) -> w.PreparedSend | str:
        """Return what ``POST /v1/wallet/prepare`` answers, or a refusal."""
        if self.refuse_prepare:
            return self.refuse_prepare
        self.intents.append(body.intent)
        call = self._call(body.from_address, body.intent)
        tx = call.transaction(CHAIN_ID, 7 + len(self.sent), self.fees)
        number = f"p{len(self.prepared)}"
        self.prepared[number] = (tx, body.from_address, call.what)
        amount = getattr(body.intent, "amount_micro", 0)
        return w.PreparedSend(
            prepared_id=number,
            from_address=body.from_address,
            what=call.what,
            transaction=tx.as_json(),
            max_cost_wei=str(total_wei(self.fees, tx.gas) + tx.value_wei),
            credit_before_micro=48_310_000,
            credit_after_micro=48_310_000 - amount,
            warnings=self.warnings,
            block_number=1204,
            expires_s=self.feed.now_s + 60,
        )

    def _call(self, sender: str, intent: Any) -> calls.Call:
        credit, registry = self.contracts["Credit"], self.contracts["Registry"]
        to = self.swap_recipient or getattr(intent, "to", "")
        if isinstance(intent, w.Transfer):
            return calls.pay(credit, to, intent.amount_micro)
        if isinstance(intent, w.TransferCoins):
            return calls.send_coins(to, int(intent.value_wei))
        if isinstance(intent, w.Redeem):
            return calls.redeem(credit, intent.amount_micro)
        if found := self._market_call(intent):
            return found
        if isinstance(intent, w.CallContract):
            return calls.Call(intent.to, bytes.fromhex(intent.data[2:]), 90_000, "Call")
        if isinstance(intent, w.PauseAgent):
            switch = agent_calls.pause if intent.paused else agent_calls.resume
            return switch(registry, AGENT)
        if isinstance(intent, w.RevokeAgent):
            return agent_calls.revoke(registry, AGENT)
        if isinstance(intent, w.GrantAgent):
            limits = agent_calls.AgentLimits(
                intent.daily_limit_micro, intent.daily_sales_wh, intent.min_price_micro,
                intent.max_price_micro, intent.expires_s,
                (self.contracts["Market"], self.contracts["Flexibility"]),
            )  # fmt: skip
            return agent_calls.authorise(registry, AGENT, limits, self.feed.now_s)
        return calls.cancel(sender)

    def _market_call(self, intent: Any) -> calls.Call | None:
        market = self.contracts["Market"]
        if isinstance(intent, w.Allow):
            return calls.allow(
                self.contracts["Credit"], self.contracts[intent.contract], intent.amount_micro
            )
        if isinstance(intent, w.Deposit):
            return market_calls.deposit(market, intent.amount_micro)
        if isinstance(intent, w.Withdraw):
            return market_calls.withdraw(market, intent.amount_micro)
        if isinstance(intent, w.NoFuss):
            return market_calls.set_no_fuss(market, no_fuss=intent.no_fuss)
        return None

    def command(self, asked: dict[str, Any]) -> str:
        """Carry out a wallet command; returns a refusal, or nothing."""
        if asked["command"] != "wallet-broadcast":
            return ""
        if self.refuse_broadcast:
            return self.refuse_broadcast
        tx, sender, what = self.prepared[asked["prepared_id"]]
        raw = bytes.fromhex(asked["raw"][2:])
        assert EthAccount.recover_transaction(raw) == sender
        number = f"0x{keccak(raw).hex()}"
        self.sent[number] = w.TransactionView(
            transaction_hash=number,
            time_s=self.feed.now_s,
            what=what,
            state="sent",
            by="owner",
            account=sender,
            nonce=tx.nonce,
        )
        self.publish()
        return ""

    def move(self, state: str, **more: Any) -> None:
        """Let everything that was sent come to a state."""
        changed = {"state": state, "mark": TrustMark.VERIFIED, **more}
        self.sent = {
            number: w.TransactionView.model_validate({**entry.model_dump(), **changed})
            for number, entry in self.sent.items()
        }
        self.publish()

    def publish(self) -> None:
        """Tell the window."""
        self.feed.own_transactions = tuple(self.sent.values())
        self.news.append(("wallet", self.feed.wallet()))
