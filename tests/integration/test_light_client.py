"""The light client, the bindings and the wallet on the embedded chain with the real contracts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from eth_account import Account

from peerwatt.chain.bindings.community import Community, View, rules_of
from peerwatt.chain.bindings.credit import Credit
from peerwatt.chain.bindings.flexibility import Flexibility
from peerwatt.chain.bindings.market import Market
from peerwatt.chain.bindings.meter import Meter, SignedBatch, pack_rows, typed_batch
from peerwatt.chain.bindings.registry import Agent, Member, Registry, Role, Used
from peerwatt.chain.bindings.settlement import Settlement
from peerwatt.chain.bindings.wants import fetch
from peerwatt.chain.clients.bft.light_client import LightClient, TransactionRefused
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.encoding import checksum_address, keccak, rlp_encode
from peerwatt.chain.networks import Network
from peerwatt.chain.reading.reader import ProvenReader
from peerwatt.chain.status import SyncState
from peerwatt.config.clock import DrivenClock
from peerwatt.devnet import DevNode, RpcServer
from peerwatt.engine.disk import Disk
from peerwatt.engine.outcomes import OutcomeScan
from peerwatt.history.facade import History
from peerwatt.model.flexibility import Direction, FlexOffer, FlexRequest, OfferState
from peerwatt.model.market import (
    BookRules,
    MarketRules,
    Order,
    PriceLadder,
    SettledInterval,
    Side,
)
from peerwatt.model.ports import PolicyRefusal
from peerwatt.model.verified import Unproven
from peerwatt.wallet.nonces import AccountSender, NonceKeeper
from peerwatt.wallet.policy import AgentPolicy, ChainPolicy
from peerwatt.wallet.secret import SecretKey
from peerwatt.wallet.signer import LocalSigner

CHAIN_ID = 20211
START_S = 1_750_000_500
INTERVAL = START_S // 900 + 2
LADDER = PriceLadder(80_000, 5_000, 45)
RULES = MarketRules(LADDER, zone=1, gate_closure_s=180, books=(BookRules(1),))
DEPOSIT = 40_000_000
RETAIL, FEED_IN = 300_000, 80_000
GAS = 8_000_000


def key(name: str) -> SecretKey:
    return SecretKey(keccak(name.encode()))


@dataclass
class Lab:
    """A community on a running chain."""

    node: DevNode
    clock: DrivenClock
    client: LightClient
    reader: ProvenReader
    servers: list[RpcServer]
    senders: dict[str, AccountSender]
    community: Community | None = None

    @property
    def bound(self) -> Community:
        assert self.community is not None
        return self.community

    def sender(self, name: str) -> AccountSender:
        if name not in self.senders:
            signer = LocalSigner(key(name), ChainPolicy(CHAIN_ID))
            self.senders[name] = AccountSender(
                signer, CHAIN_ID, self.client.broadcast, NonceKeeper()
            )
        return self.senders[name]

    async def block(self, to_s: float | None = None) -> None:
        self.clock.advance(to_s if to_s is not None else self.clock.now_s() + 1)
        await self.node.tick()
        await self.client.sync()

    async def run(self, name: str, to: str | None, data: bytes, *, ok: bool = True) -> str:
        """Send a call, seal it and check its proven receipt; return its hash."""
        transaction = self.sender(name).prepare(to, data, gas=GAS)
        await self.sender(name).send(transaction)
        await self.block()
        receipt = await self.reader.receipt(transaction.transaction_hash)
        assert receipt is not None
        assert receipt.value.succeeded is ok
        account = await self.reader.account(self.sender(name).address)
        done = self.sender(name).nonces.prove(account.value.nonce)
        assert transaction in done
        return transaction.transaction_hash

    async def deploy(self, data: bytes) -> str:
        nonce = self.sender("community").nonces.next
        owner = bytes.fromhex(self.sender("community").address[2:])
        await self.run("community", None, data)
        number = nonce.to_bytes(1, "big") if nonce else b""
        return checksum_address(keccak(rlp_encode([owner, number]))[12:])


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    clock = DrivenClock(START_S)
    keys = [keccak(b"validator%d" % i) for i in range(4)]
    async with DevNode(tmp_path / "chain.sqlite", clock, keys, block_period_s=5) as node:
        servers = [RpcServer(node), RpcServer(node)]
        for server in servers:
            await server.start()
        network = Network(
            name="devnet",
            chain_id=CHAIN_ID,
            rules=QbftRules(base_fee="zero"),
            genesis_hash=node.head.hash,
            validators=node.sealer.validators,
            endpoints=tuple(server.url for server in servers),
            block_period_s=5,
        )
        client = LightClient(network, clock)
        await client.sync()
        yield Lab(node, clock, client, ProvenReader(client), servers, {})
        await client.close()
        for server in servers:
            await server.close()


async def deploy_all(lab: Lab) -> Community:
    boss = lab.sender("community").address
    credit = await lab.deploy(Credit.deployment("Credit", "CR", boss))
    registry = await lab.deploy(Registry.deployment(boss))
    market = await lab.deploy(Market.deployment(credit, registry, RULES))
    meter = await lab.deploy(Meter.deployment(registry, 900))
    figures = {"thin_wh": 0, "mid_micro": 190_000, "spread_micro": 220_000}
    supplier = lab.sender("supplier").address
    settlement = await lab.deploy(
        Settlement.deployment(
            *(registry, market, meter, supplier), **figures, weight_permille=0, g_permille=0
        )
    )
    flexibility = await lab.deploy(Flexibility.deployment(credit, registry, meter))
    lab.community = Community(
        {
            "Credit": credit,
            "Registry": registry,
            "Market": market,
            "Meter": meter,
            "Settlement": settlement,
            "Flexibility": flexibility,
        }
    )
    return lab.community


async def admit(lab: Lab) -> None:
    """Two members with money and allowances, a supplier and a DSO; ann has an agent."""
    c = lab.bound
    await lab.run("community", c.market.address, c.market.set_book(RULES.books[0]))
    await lab.run("community", c.market.address, c.market.set_posters([c.settlement.address]))
    for spender in (c.market.address, c.flexibility.address):
        await lab.run("community", c.registry.address, c.registry.set_spender(spender, True))
    dso = lab.sender("dso").address
    await lab.run("community", c.registry.address, c.registry.set_role(dso, Role.DSO))
    supplier = lab.sender("supplier").address
    for name in ("ann", "ben"):
        member = Member(1, True, RETAIL, FEED_IN, key(f"meter {name}").address, supplier)
        data = c.registry.add_member(lab.sender(name).address, member)
        await lab.run("community", c.registry.address, data)
    for name in ("ann", "ben", "supplier", "dso"):
        holder = lab.sender(name).address
        await lab.run("community", c.credit.address, c.credit.mint(holder, 50_000_000))
        for spender in (c.market, c.flexibility):
            data = c.credit.approve(spender.address, DEPOSIT)
            await lab.run(name, c.credit.address, data)
        if name != "dso":
            await lab.run(name, c.market.address, c.market.deposit(DEPOSIT))
    limits = Agent("", 9_000_000, 50_000, FEED_IN, RETAIL, START_S + 86_400, 0, True)
    agent = lab.sender("ann's agent").address
    data = c.registry.authorise_agent(agent, limits, [c.market.address, c.flexibility.address])
    await lab.run("ann", c.registry.address, data)


def batch(
    lab: Lab, name: str, registers: tuple[int, int], row: tuple[int, int], first: int = INTERVAL
) -> SignedBatch:
    """One interval of a member as its meter signs it."""
    c, member, rows = lab.bound, lab.sender(name).address, pack_rows([row])
    message = typed_batch(c.meter.address, CHAIN_ID, member, first, registers, rows)
    raw = key(f"meter {name}").sign_typed(message)
    return SignedBatch(member, first, *registers, rows, raw[64], raw[:32], raw[32:64])


BUY = Order.single(INTERVAL, Side.BUY, LADDER.tick_at_or_below(200_000), 1000)
SELL = Order.single(INTERVAL, Side.SELL, LADDER.tick_at_or_above(100_000), 600)


async def test_an_interval_from_order_to_settlement_by_proof_only(lab: Lab, tmp_path: Path) -> None:
    c = await deploy_all(lab)
    await c.check_code(lab.reader)
    await admit(lab)
    assert (await c.market.rules(lab.reader, 1, INTERVAL)).value == RULES
    ann, ben = lab.sender("ann").address, lab.sender("ben").address
    view = View(
        ann,
        lab.clock.now_s(),
        LADDER.count,
        (1,),
        lab.sender("ann's agent").address,
        orders=(INTERVAL,),
        books=((0, INTERVAL),),
        clearings=((0, INTERVAL),),
        requests=(0,),
    )
    await check_placed(lab, view)
    price = await check_cleared(lab)
    settled_in = await deliver_and_settle(lab)
    mine = await check_settled(lab, price, tmp_path)
    assert list((await c.members(lab.reader)).value) == [ann.lower(), ben.lower()]
    after = (await c.snapshot(lab.reader, view)).value
    placed = after.orders[INTERVAL]
    assert placed is not None
    assert placed.is_released
    assert after.account.escrow_micro == 0
    assert after.account.available_micro == DEPOSIT + mine.total_micro
    assert after.progress is not None
    assert after.progress.settled_interval == after.meter.signed.interval == INTERVAL
    await check_events(lab, settled_in)
    assert lab.client.status.state is SyncState.VERIFIED
    assert lab.client.counters.rejected == 0


async def check_placed(lab: Lab, view: View) -> None:
    """Two orders are placed; everything a screen shows of them is proven at one block."""
    c = lab.bound
    await lab.run("ann's agent", c.market.address, c.market.place([BUY]))
    await lab.run("ben", c.market.address, c.market.place([SELL]))
    before = await c.snapshot(lab.reader, view)
    assert lab.client.head is not None
    assert before.block_number == lab.client.head.header.number
    house = before.value
    placed = house.orders[INTERVAL]
    assert placed is not None
    assert (placed.order, placed.is_released) == (BUY, False)
    assert house.account.escrow_micro == 200_000
    assert house.account.available_micro == DEPOSIT - 200_000
    assert house.balance_micro == 50_000_000 - DEPOSIT
    assert house.total_supply_micro == 200_000_000
    assert house.used == Used(200_000, 0)
    assert house.agent is not None
    assert house.agent.daily_limit_micro == 9_000_000
    assert house.agent.owner == view.owner.lower()
    book = house.books[0, INTERVAL]
    assert (book.demand_wh[BUY.tick], sum(book.demand_wh)) == (1000, 1000)
    assert (book.supply_wh[SELL.tick], sum(book.supply_wh)) == (600, 600)
    assert rules_of(RULES, house.terms) == RULES
    assert house.clearings[0, INTERVAL] is None
    assert (house.progress, house.supply, house.requests[0]) == (None, None, None)


async def check_cleared(lab: Lab) -> int:
    """The interval is cleared after its gate; returns the price."""
    c = lab.bound
    await lab.block(INTERVAL * 900 - 100)
    await lab.run("keeper", c.market.address, c.market.clear(1, INTERVAL))
    clearing = (await fetch(lab.reader, c.market.clearing(1, INTERVAL))).value
    assert clearing is not None
    assert (clearing.price_micro, clearing.volume_wh) == (
        LADDER.base_micro + LADDER.step_micro * (SELL.tick + BUY.tick) // 2,
        600,
    )
    assert (clearing.bid_fill_numerator, clearing.bid_fill_denominator) == (600, 1000)
    return clearing.price_micro


async def deliver_and_settle(lab: Lab) -> str:
    """Both meters sign what they counted, and it is settled; returns the transaction."""
    c = lab.bound
    await lab.block((INTERVAL + 1) * 900 + 15)
    batches = [
        batch(lab, "ann", (5000, 7000), (900, 0)),
        batch(lab, "ben", (5000, 7000), (0, 650)),
    ]
    return await lab.run("keeper", c.settlement.address, c.settlement.settle(batches))


async def outcome(lab: Lab, name: str, folder: Path) -> SettledInterval:
    """What a member's interval came to, out of complete events."""
    history, disk = History.open(folder / f"{name}.sqlite"), Disk()
    scan = OutcomeScan(lab.bound, lab.reader, lab.sender(name).address, history, disk)
    await scan.load()
    found = await scan.step(1, {})
    stored = history.settlements.get(INTERVAL)
    disk.close()
    history.close()
    assert found == {INTERVAL: stored}
    assert stored is not None
    return stored


async def check_settled(lab: Lab, price: int, folder: Path) -> SettledInterval:
    """Trades, deviations and the supplier's part add up to nothing; returns ann's result."""
    c = lab.bound
    mine, theirs = [await outcome(lab, name, folder) for name in ("ann", "ben")]
    assert (mine.import_wh, mine.export_wh, mine.bought_wh, mine.sold_wh) == (900, 0, 600, 0)
    assert (theirs.export_wh, theirs.sold_wh, theirs.price_micro) == (650, 600, price)
    assert mine.trade_micro == -600 * price // 1000
    assert mine.supplier_micro == -300 * RETAIL // 1000
    assert theirs.supplier_micro == 50 * FEED_IN // 1000
    supplier = (await fetch(lab.reader, c.market.account(lab.sender("supplier").address))).value
    dust = (await fetch(lab.reader, c.market.dust())).value
    assert mine.trade_micro + theirs.trade_micro + dust == 0
    paid = supplier.available_micro - DEPOSIT
    assert mine.supplier_micro + theirs.supplier_micro + paid == 0
    return mine


async def check_events(lab: Lab, settled_in: str) -> None:
    """The events of the settlement are complete and bound to their transaction."""
    c = lab.bound
    assert lab.client.head is not None
    head = lab.client.head.header.number
    topic = c.settlement.artefact.topic("Settled")
    events = await lab.reader.events(c.settlement.address, 1, head, topic)
    assert len(events) == 2
    assert {"0x" + event.transaction_hash.hex() for event in events} == {settled_in}
    name, values = c.settlement.artefact.decode_event(events[0].log) or ("", {})
    assert (name, values["first"]) == ("Settled", INTERVAL)


async def test_flexibility_from_request_to_payment_by_proof_only(lab: Lab) -> None:
    c = await deploy_all(lab)
    await admit(lab)
    ann = lab.sender("ann").address
    wanted = FlexRequest(0, 1, Direction.REDUCE, INTERVAL, 1, 2000, 500_000, 100_000, START_S + 400)
    await lab.run("dso", c.flexibility.address, c.flexibility.request(wanted))
    offer = FlexOffer(0, ann, 800, 400_000, -50)
    await lab.run("ann's agent", c.flexibility.address, c.flexibility.offer(offer))
    offers = (await c.flexibility.offers(lab.reader, 0)).value
    assert offers == (replace(offer, member=ann.lower(), state=OfferState.OFFERED),)
    found = (await fetch(lab.reader, c.flexibility.request_at(0))).value
    assert found is not None
    assert found.request == wanted
    assert (found.dso, found.escrow_micro) == (lab.sender("dso").address.lower(), 1_000_000)

    await lab.block(START_S + 401)
    await lab.run("dso", c.flexibility.address, c.flexibility.award(0, {ann: 700}))
    await lab.block((INTERVAL + 1) * 900 + 15)
    signed = batch(lab, "ann", (1000, 1000), (0, 650))
    await lab.run("operator", c.meter.address, c.meter.submit([signed]))
    await lab.run("keeper", c.flexibility.address, c.flexibility.verify(0, ann))
    done = (await fetch(lab.reader, c.flexibility.offer_of(0, ann))).value
    assert done is not None
    assert (done.state, done.awarded_wh, done.delivered_wh) == (OfferState.VERIFIED, 700, 600)
    assert done.paid_micro == 600 * 400 - 100 * 100
    await lab.run("keeper", c.flexibility.address, c.flexibility.close(0))
    found = (await fetch(lab.reader, c.flexibility.request_at(0))).value
    assert found is not None
    assert (found.is_awarded, found.is_closed, found.escrow_micro) == (True, True, 0)


async def test_the_agent_signs_and_the_contract_takes_only_what_is_allowed(lab: Lab) -> None:
    c = await deploy_all(lab)
    await admit(lab)
    place = c.market.artefact.selector("place")
    policy = AgentPolicy.allowing(CHAIN_ID, [(c.market.address, place)])
    signer = LocalSigner(key("ann's agent"), policy)
    sender = AccountSender(signer, CHAIN_ID, lab.client.broadcast, NonceKeeper())
    with pytest.raises(PolicyRefusal):
        sender.prepare(c.credit.address, c.credit.transfer(signer.address, 1), gas=GAS)
    # Over the day's limit: signed, sent, and refused by the contract.
    order = Order.single(INTERVAL, Side.BUY, 40, 60_000)
    await lab.run("ann's agent", c.market.address, c.market.place([order]), ok=False)
    agent = await fetch(lab.reader, c.registry.used(signer.address, lab.clock.now_s()))
    assert agent.value == Used(0, 0)

    # The same bytes again change nothing; what is proven is no longer pending.
    order = Order.single(INTERVAL, Side.BUY, 40, 100)
    sender = AccountSender(signer, CHAIN_ID, lab.client.broadcast, NonceKeeper(1))
    transaction = sender.prepare(c.market.address, c.market.place([order]), gas=500_000)
    for _ in range(3):
        assert await sender.send(transaction) == transaction.transaction_hash
    await lab.block()
    account = await lab.reader.account(signer.address)
    assert sender.nonces.prove(account.value.nonce) == (transaction,)
    with pytest.raises(TransactionRefused):
        await sender.send(transaction)


async def test_web3_on_the_verified_provider(lab: Lab) -> None:
    from web3.exceptions import Web3RPCError

    from peerwatt.chain.provider import verified_web3

    c = await deploy_all(lab)
    boss = lab.sender("community").address
    web3 = verified_web3(lab.reader)
    assert await web3.is_connected()
    assert await web3.eth.chain_id == CHAIN_ID
    head = await web3.eth.block_number
    block = await web3.eth.get_block(head)
    assert lab.client.head is not None
    assert block["hash"] == lab.client.head.block_hash
    assert await web3.eth.get_balance(boss) == 0
    assert await web3.eth.get_transaction_count(boss) == 6
    code = await web3.eth.get_code(c.credit.address)
    assert code.startswith(c.credit.artefact.runtime_bytecode)
    sent = await lab.run("community", c.credit.address, c.credit.mint(boss, 12_345))
    slot = c.credit.artefact.layout.of("balanceOf", boss)
    stored = await web3.eth.get_storage_at(c.credit.address, slot)
    assert int.from_bytes(stored, "big") == 12_345
    receipt = await web3.eth.get_transaction_receipt(sent)
    assert (receipt["status"], receipt["transactionHash"].hex()) == (1, sent[2:])
    logs = await web3.eth.get_logs({"address": c.credit.address, "fromBlock": 1})
    assert [log["transactionHash"].hex() for log in logs] == [sent[2:]]
    assert logs == receipt["logs"]
    called = await web3.eth.call(
        {"to": c.credit.address, "data": c.credit.artefact.calldata("balanceOf", boss)}
    )
    assert int.from_bytes(called, "big") == 12_345
    with pytest.raises(Web3RPCError, match="eth_sign is refused"):
        await web3.eth.sign(boss, text="x")
    raw = Account.create().sign_transaction(
        {"chainId": CHAIN_ID, "nonce": 0, "gas": 21_000, "gasPrice": 0, "to": boss, "value": 0}
    )
    assert await web3.eth.send_raw_transaction(raw.raw_transaction) == raw.hash


async def test_code_that_is_not_ours_is_noticed(lab: Lab) -> None:
    c = await deploy_all(lab)
    with pytest.raises(Unproven, match="not that of the contract Market"):
        await Market(c.credit.address).rules(lab.reader, 1, INTERVAL)
