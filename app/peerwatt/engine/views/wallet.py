"""The wallet, each value with its proof state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peerwatt.api.base import ChainValue
from peerwatt.api.messages import AgentView, WalletView
from peerwatt.api.wallet_messages import AccountView, TransactionView
from peerwatt.chain.status import ChainStatus
from peerwatt.engine.agent_state import agent_state
from peerwatt.engine.owner_wallet.accounts import OwnAccount
from peerwatt.engine.picture import ChainPicture

from .chain_value import chain_value


@dataclass(frozen=True, slots=True)
class WalletState:
    """What the wallet's section is made of."""

    owner: str | None
    agent: str | None
    agent_stored_in: str
    currency: str
    picture: ChainPicture | None
    status: ChainStatus | None
    transactions: Sequence[TransactionView] = ()
    accounts: Sequence[OwnAccount] = ()
    incomplete: str = ""
    sentence: str = ""


def wallet_view(state: WalletState) -> WalletView:
    """Return the wallet's section."""
    picture = state.picture
    grant = picture.grant if picture else None

    def proven(value: int | None) -> ChainValue:
        return chain_value(value, picture, state.status)

    return WalletView(
        owner_address=state.owner,
        currency=state.currency,
        credit=proven(picture.credit_micro if picture else None),
        escrowed=proven(picture.escrowed_micro if picture else None),
        total_supply=proven(picture.total_supply_micro if picture else None),
        agent=AgentView(
            address=state.agent,
            stored_in=state.agent_stored_in,
            daily_limit=proven(grant.daily_limit_micro if grant else None),
            spent_today=proven(picture.used_today.spent_micro if picture and grant else None),
            daily_sales_wh=grant.daily_sales_wh if grant else None,
            sold_today_wh=picture.used_today.sold_wh if picture and grant else None,
            state=agent_state(picture),
            may_trade=bool(picture and picture.may_trade),
            may_offer=bool(picture and picture.may_offer),
            min_price_micro=grant.min_price_micro if grant else None,
            max_price_micro=grant.max_price_micro if grant else None,
            expires_s=grant.expires_s if grant else None,
        ),
        transactions=tuple(state.transactions),
        accounts=tuple(_account(one, state) for one in state.accounts),
        incomplete=state.incomplete,
        sentence=state.sentence,
    )


def _account(account: OwnAccount, state: WalletState) -> AccountView:
    """Return an account with what it holds at the picture's block."""
    picture = state.picture
    holding = picture.holdings.get(account.address) if picture else None
    credit = chain_value(holding.credit_micro if holding else None, picture, state.status)
    return AccountView(
        account_id=account.account_id,
        address=account.address,
        label=account.label,
        kind=account.kind,
        is_member=account.is_member,
        backed_up=account.backed_up,
        credit=credit,
        coins_wei=str(holding.coins_wei) if holding else None,
        nonce=holding.nonce if holding else None,
    )
