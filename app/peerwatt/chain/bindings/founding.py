"""Founds a community: what is deployed in which order, and the calls that join the contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from peerwatt.model.market import MarketRules, Tariff

from .certificates import Certificates
from .credit import Credit
from .deals import Deals
from .flexibility import Flexibility
from .loan import Loan
from .market import Market
from .meter import Meter
from .notary import Notary
from .registry import Registry, Role
from .services import Services
from .settlement import Settlement
from .supply import Supply
from .treasury import Treasury

ORDER = (
    "Registry",
    "Treasury",
    "Credit",
    "Market",
    "Meter",
    "Settlement",
    "Deals",
    "Flexibility",
    "Supply",
    "Certificates",
    "Notary",
    "Loan",
    "Services",
)
"""Names of a community's contracts in the order of their deployment."""

AGENT_CONTRACTS = ("Market", "Flexibility")
"""Contracts that agents may be allowed to use."""

POSTERS = ("Settlement", "Supply", "Loan")
"""Contracts that move credits between accounts of the market, by their published rules only."""

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Terms:
    """What a community decides before it begins."""

    owner: str
    """Account that admits members, gives roles, and proposes later changes."""
    dso: str
    """Account that use-of-system charges go to."""
    balancing: str
    """Account with the market that takes penalties for broken positions and pays rewards."""
    rules: MarketRules
    tariff: Tariff
    """The usual supplier tariff: the middle of it is the mid-market price."""
    currency: str = "Community Credit"
    symbol: str = "CC"
    notice_s: int = 7 * DAY_S
    """How long a change of a contract is announced before it takes effect."""
    readings_due_s: int = DAY_S
    """How long an interval's readings are awaited."""
    certificates_close_s: int = 3 * DAY_S
    """How long after its end an hour's certificates may be issued."""
    accuracy_permille: int = 25
    """Part of the penalty of Thomas et al. that is taken from who deviates from a position.

    In a street nearly all deviate alike, few can be rewarded, and the surplus leaves the members:
    what is taken has to stay small.
    """
    record_permille: int = 500
    """How much a member's record of accuracy weighs in a penalty (g of that form)."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Accounts with roles from the first day on."""


@dataclass(frozen=True, slots=True)
class FoundingCall:
    """A call that the owner signs once the contracts stand."""

    meaning: str
    to: str
    data: bytes


def deployments(terms: Terms, at: Mapping[str, str]) -> dict[str, bytes]:
    """Return contract name -> data of its deployment, given the addresses they will have."""
    credit, registry, market, meter = (at[n] for n in ("Credit", "Registry", "Market", "Meter"))
    return {
        "Registry": Registry.deployment(terms.owner, terms.notice_s),
        "Treasury": Treasury.deployment(registry),
        "Credit": Credit.deployment(terms.currency, terms.symbol, at["Treasury"]),
        "Market": Market.deployment(credit, registry, terms.rules, terms.notice_s),
        "Meter": Meter.deployment(registry, terms.readings_due_s),
        "Settlement": _settlement(terms, registry, market, meter),
        "Deals": Deals.deployment(registry, meter, at["Settlement"]),
        "Flexibility": Flexibility.deployment(credit, registry, meter),
        "Supply": Supply.deployment(registry, market),
        "Certificates": Certificates.deployment(
            registry, at["Settlement"], meter, terms.certificates_close_s
        ),
        "Notary": Notary.deployment(),
        "Loan": Loan.deployment(credit, registry, market),
        "Services": Services.deployment(credit, registry),
    }


def _settlement(terms: Terms, registry: str, market: str, meter: str) -> bytes:
    retail, feed_in = terms.tariff.retail_micro_per_kwh, terms.tariff.feed_in_micro_per_kwh
    return Settlement.deployment(
        registry,
        market,
        meter,
        terms.balancing,
        thin_wh=terms.rules.thin_wh,
        mid_micro=(retail + feed_in) // 2,
        spread_micro=retail - feed_in,
        weight_permille=terms.accuracy_permille,
        g_permille=terms.record_permille,
    )


def founding_calls(terms: Terms, at: Mapping[str, str]) -> tuple[FoundingCall, ...]:
    """Return what the owner signs, in this order, before the first member is admitted."""
    registry, market = Registry(at["Registry"]), Market(at["Market"])
    calls = [
        FoundingCall(f"publishes where the contract {name} is", registry.address, data)
        for name in ORDER
        for data in (registry.publish(name, at[name]),)
    ]
    calls += [
        FoundingCall(
            f"lets the contract {name} charge what agents spend",
            registry.address,
            registry.set_spender(at[name], True),
        )
        for name in AGENT_CONTRACTS
    ]
    for book in sorted(terms.rules.books, key=lambda book: book.parent is not None):
        meaning = f"opens book {book.book} with its use-of-system charge"
        calls.append(FoundingCall(meaning, market.address, market.set_book(book)))
    calls += [
        FoundingCall(
            "names the account that use-of-system charges go to",
            market.address,
            market.set_charge_account(terms.dso),
        ),
        FoundingCall(
            f"lets {', '.join(POSTERS)} move credits between accounts by their rules",
            market.address,
            market.set_posters([at[name] for name in POSTERS]),
        ),
        FoundingCall(
            "names the contract of direct deals",
            at["Settlement"],
            Settlement(at["Settlement"]).set_deals(at["Deals"]),
        ),
        FoundingCall(
            "opens the treasury, which issues credits when two treasurers agree",
            at["Treasury"],
            Treasury(at["Treasury"]).open(at["Credit"]),
        ),
    ]
    calls += [
        FoundingCall(
            f"gives {account} the role {role.name}",
            registry.address,
            registry.set_role(account, role),
        )
        for account, role in terms.roles.items()
    ]
    return tuple(calls)
