# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Market
@license Apache-2.0
@notice Price-ladder auction of all zones: a uniform-price call auction per book and interval of 15
        minutes. A step of an order adds integer Wh to the bucket of a tick; `clear` walks the
        occupied buckets once; each member's share follows from its own order and one result word.
        Every zone is a book; a book may have a parent, which orders may reach. A buyer pays the
        book's charge for the use of the grid on top of the price. Credits are held here in
        accounts: what an order may cost is kept aside, and only its member withdraws.
@dev Packed words (bit ranges, low end included, high end not):
     step         [0,19) quantity, [19,27) tick, 27 side (0 buy, 1 sell), [28,30) reach (0 the
                  zone's own book, 1 its parent, 2 the parent's parent)
     order given  [0,30) and [30,60) steps, [60,64) zero, [64,256) interval
     orders kept  4 x 60 bits of steps of an hour, [240,244) RELEASED, [244,256) epoch
     ladder word  8 buckets of 30 bits, [240,256) interval // RING: words of other rings are empty;
                  index (interval % RING) * 64 + side * 32 + tick // 8
     terms        [0,26) base, [26,46) step, [46,54) count - 1, [54,71) gate closure in seconds,
                  [71,95) charge
     book         [0,95) terms, [95,190) next terms, [190,214) first interval of the terms,
                  [214,238) of the next ones, [238,246) parent, 246 EXISTS, 247 PAUSED,
                  248 RETIRED (from the first interval of the next terms on)
     limit        4 x 64 bits of an hour: [0,40) Wh, 63 SET
     result       [0,32) price, [32,72) volume, [72,80) ask tick, [80,88) bid tick,
                  [88,120) and [120,152) numerator and denominator of the marginal ask's fill,
                  [152,184) and [184,216) the same of the marginal bid, [216,240) charge,
                  255 CLEARED. With no volume all but the charge is 0.
     account      [0,88) available, [88,176) escrow, [176,184) zone, 184 NO_FUSS, 185 LIEN
     lien         [0,160) lender, [160,174) share of trade income in 1/10000, [174,254) outstanding
     pool         [0,85) paid in by buyers, [85,170) paid out to sellers and as dust,
                  [170,255) value of all cleared volumes
     row          of a released interval: [0,21) bought, [21,42) sold, [42,106) what the trades
                  brought (two's complement), [106,170) charges paid
"""

from ethereum.ercs import IERC20

import money

interface IRegistry:
    def community() -> address: view
    def roles(account: address) -> uint256: view
    def trader_word(caller: address) -> (address, uint256): view
    def charge_agent(
        caller: address, amount: uint256, sales_wh: uint256, price_low: uint256, price_high: uint256
    ): nonpayable

interface IMarket:
    def place(orders: DynArray[uint256, 96]): nonpayable
    def receive_position(member: address, amount: uint256, orders: DynArray[uint256, 96]): nonpayable

event Placed:
    member: indexed(address)
    orders: DynArray[uint256, 96]

event Cleared:
    book: indexed(uint256)
    interval: indexed(uint256)
    price: uint256
    volume: uint256

event Released:
    member: indexed(address)
    first_interval: uint256
    rows: DynArray[uint256, 96]

event Deposited:
    member: indexed(address)
    payer: indexed(address)
    amount: uint256

event Withdrawn:
    member: indexed(address)
    amount: uint256

event Transferred:
    payer: indexed(address)
    payee: indexed(address)
    amount: uint256

event LienSet:
    member: indexed(address)
    lender: indexed(address)
    share_bp: uint256
    outstanding: uint256

event NoFussSet:
    member: indexed(address)
    no_fuss: bool

event BookSet:
    book: indexed(uint256)
    parent: uint256
    charge: uint256

event TermsProposed:
    book: indexed(uint256)
    terms: uint256
    from_interval: uint256

event LimitSet:
    book: indexed(uint256)
    interval: indexed(uint256)
    wh: uint256

event PauseSet:
    guardian: indexed(address)
    paused: bool

event Retired:
    from_interval: uint256
    successor: address

event Migrated:
    member: indexed(address)
    amount: uint256
    orders: DynArray[uint256, 96]

INTERVAL_S: constant(uint256) = 900
RING_H: constant(uint256) = 192
RING: constant(uint256) = 768
MAX_AHEAD: constant(uint256) = 192
# From then on the ladder of an interval may be written again, so that it clears without trade.
EXPIRY: constant(uint256) = 576
MAX_BOOKS: constant(uint256) = 64
MAX_POSTERS: constant(uint256) = 8
BASIS: constant(uint256) = 10_000
DSO: constant(uint256) = 1
GUARDIAN: constant(uint256) = 8

SELL_BIT: constant(uint256) = 1 << 27
QUANTITY: constant(uint256) = 2**19 - 1
STEP: constant(uint256) = 2**30 - 1
STEPS: constant(uint256) = 2**60 - 1
RELEASED_0: constant(uint256) = 1 << 240
CLEARED: constant(uint256) = 1 << 255
CELL: constant(uint256) = 2**30 - 1
MASK_32: constant(uint256) = 2**32 - 1
EPOCH: constant(uint256) = 2**16 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_48: constant(uint256) = 2**48 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_21: constant(uint256) = 2**21 - 1
# The low 30 bits of each of four lanes of 60, and the low 60 of each of two lanes of 120.
LANES_60: constant(uint256) = CELL * (1 + 2**60 + 2**120 + 2**180)
CELLS: constant(uint256) = 2**240 - 1
LANES_120: constant(uint256) = (2**60 - 1) * (1 + 2**120)

TERMS: constant(uint256) = 2**95 - 1
LADDER_TERMS: constant(uint256) = 2**71 - 1
BASE: constant(uint256) = 2**26 - 1
TICK: constant(uint256) = 2**20 - 1
GATE: constant(uint256) = 2**17 - 1
CHARGE_TERMS: constant(uint256) = TERMS - LADDER_TERMS
SINCE: constant(uint256) = 2**24 - 1
EXISTS: constant(uint256) = 1 << 246
PAUSED: constant(uint256) = 1 << 247
RETIRED: constant(uint256) = 1 << 248
LIMIT_SET: constant(uint256) = 1 << 63

MEMBER_NO_BUYING: constant(uint256) = 1 << 170

MONEY: constant(uint256) = 2**88 - 1
NO_FUSS: constant(uint256) = 1 << 184
LIEN: constant(uint256) = 1 << 185
MASK_160: constant(uint256) = 2**160 - 1
MASK_14: constant(uint256) = 2**14 - 1
MASK_80: constant(uint256) = 2**80 - 1
MASK_85: constant(uint256) = 2**85 - 1

credit: public(immutable(address))
registry: public(immutable(address))
# How long before they take effect changes of the terms are known, seconds.
notice_s: public(immutable(uint256))
# The market whose members' positions may come here; zero where there is none.
predecessor: public(immutable(address))

charge_account: public(address)
successor: public(address)
posters_set: bool
posters: HashMap[address, bool]
# Book 0 takes no orders: its terms are those of a new book.
books: public(HashMap[uint256, uint256])
book_count: public(uint256)
book_at: HashMap[uint256, uint256]
# A book's word before its terms of an interval came: for positions older than those.
former_books: HashMap[uint256, HashMap[uint256, uint256]]
limits: HashMap[uint256, HashMap[uint256, uint256]]
orders: HashMap[address, uint256[RING_H]]
ladder: HashMap[uint256, uint256[RING * 64]]
results: public(HashMap[uint256, HashMap[uint256, uint256]])
account_words: HashMap[address, uint256]
liens: public(HashMap[address, uint256])
pool: public(uint256)
# Whose orders the market is placing for itself, as they come from the predecessor.
moving: transient(address)


@deploy
def __init__(
    credit_: address,
    registry_: address,
    base_: uint256,
    step_: uint256,
    count_: uint256,
    gate_closure_s_: uint256,
    notice_s_: uint256,
    predecessor_: address,
):
    assert notice_s_ <= 90 * 86400, "notice of more than 90 days"
    credit = credit_
    registry = registry_
    notice_s = notice_s_
    predecessor = predecessor_
    terms: uint256 = self._ladder_terms(base_, step_, count_, gate_closure_s_)
    self.books[0] = terms | (terms << 95) | (SINCE << 214)


# Rules of the community


@external
def set_book(book: uint256, parent: uint256, charge: uint256):
    """
    @notice Open the book of a zone, or of a part of the grid that holds zones. Community only.
    @param parent The book that orders may reach beyond this one; 0 for none. It never changes.
    @param charge Use of the grid that buyers pay on top of the price, micro-units per kWh.
    """
    self._only_community()
    self._need(1 <= book and book <= 254, "books are numbered from 1 to 254")
    self._need(self.books[book] == 0, "the book is there already")
    self._need(parent == 0 or self.books[parent] != 0, "unknown parent")
    self._need(charge < 2**24, "the charge is too large")
    number: uint256 = self.book_count
    self._need(number < MAX_BOOKS, "no more than 64 books")
    word: uint256 = self.books[0] & ~(CHARGE_TERMS | (CHARGE_TERMS << 95))
    charges: uint256 = (charge << 71) | (charge << 166)
    self.books[book] = word | charges | (parent << 238) | EXISTS
    self.book_at[number] = book
    self.book_count = number + 1
    log BookSet(book=book, parent=parent, charge=charge)


@external
def propose_params(
    base: uint256, step: uint256, count: uint256, gate_closure_s: uint256, from_interval: uint256
):
    """
    @notice Change ladder and gate closure of all books for intervals that take no orders yet, after
            the notice. Community only.
    """
    self._only_community()
    terms: uint256 = self._ladder_terms(base, step, count, gate_closure_s)
    self._propose(0, LADDER_TERMS, terms, from_interval)
    for i: uint256 in range(self.book_count, bound=MAX_BOOKS):
        self._propose(self.book_at[i], LADDER_TERMS, terms, from_interval)


@external
def propose_charge(book: uint256, charge: uint256, from_interval: uint256):
    """
    @notice Change a book's charge for intervals that take no orders yet, after the notice.
            Community only.
    """
    self._only_community()
    self._need(self.books[book] & EXISTS != 0, "unknown book")
    self._need(charge < 2**24, "the charge is too large")
    self._propose(book, CHARGE_TERMS, charge << 71, from_interval)


@external
def set_charge_account(account: address):
    """
    @notice Name the account that receives the charges, the grid operator's. Community only.
    """
    self._only_community()
    self.charge_account = account


@external
def set_posters(accounts: DynArray[address, 8]):
    """
    @notice Name the contracts that settle between accounts. Community only, once and for all.
    """
    self._only_community()
    self._need(not self.posters_set, "the posters are set")
    self.posters_set = True
    for account: address in accounts:
        self.posters[account] = True


@external
def set_limit(book: uint256, interval: uint256, wh: uint256):
    """
    @notice Cap what may be traded in a book and interval, before its gate closes. DSO only.
    """
    role: uint256 = (staticcall IRegistry(registry).roles(msg.sender)) & DSO
    self._need(role != 0, "only the grid operator")
    word: uint256 = self.books[book]
    self._need(word & EXISTS != 0, "unknown book")
    self._need(wh <= MASK_40, "the limit is too large")
    self._check_open(self._terms(word, interval), interval)
    lane: uint256 = (interval & 3) << 6
    known: uint256 = self.limits[book][interval >> 2]
    self.limits[book][interval >> 2] = (known & ~(MASK_64 << lane)) | ((LIMIT_SET | wh) << lane)
    log LimitSet(book=book, interval=interval, wh=wh)


@external
def set_paused(paused: bool):
    """
    @notice Stop new orders and clearings, or let them go on. Withdrawals, releases and taking
            orders back are never stopped. Guardians only.
    """
    role: uint256 = (staticcall IRegistry(registry).roles(msg.sender)) & GUARDIAN
    self._need(role != 0, "only a guardian")
    flag: uint256 = 0
    if paused:
        flag = PAUSED
    self.books[0] = (self.books[0] & ~PAUSED) | flag
    for i: uint256 in range(self.book_count, bound=MAX_BOOKS):
        book: uint256 = self.book_at[i]
        self.books[book] = (self.books[book] & ~PAUSED) | flag
    log PauseSet(guardian=msg.sender, paused=paused)


@external
def retire(from_interval: uint256, successor: address):
    """
    @notice Take no orders for an interval and later ones: the successor does. Community only, once,
            after the notice.
    """
    self._only_community()
    self._need(self.successor == empty(address), "the market is retired")
    self._need(successor != empty(address), "the successor has no address")
    self._need(block.timestamp + notice_s <= from_interval * INTERVAL_S, "shorter than the notice")
    self.successor = successor
    self._retire(0, from_interval)
    for i: uint256 in range(self.book_count, bound=MAX_BOOKS):
        self._retire(self.book_at[i], from_interval)
    log Retired(from_interval=from_interval, successor=successor)


# Accounts


@external
@nonreentrant
def deposit(amount: uint256):
    """
    @notice Bring own credits into the own account.
    """
    self._deposit(msg.sender, msg.sender, amount)


@external
@nonreentrant
def deposit_for(member: address, amount: uint256):
    """
    @notice Bring own credits into somebody's account.
    """
    self._need(member != empty(address), "the member has no address")
    self._deposit(member, msg.sender, amount)


@external
@nonreentrant
def withdraw(amount: uint256):
    """
    @notice Take credits out of the own account. Never paused; no agent and no owner of the
            community can do it.
    """
    word: uint256 = self.account_words[msg.sender]
    self._need(amount <= word & MONEY, "not enough available")
    self.account_words[msg.sender] = word - amount
    log Withdrawn(member=msg.sender, amount=amount)
    self._need(extcall IERC20(credit).transfer(msg.sender, amount), "the withdrawal failed")


@external
def set_no_fuss(no_fuss: bool):
    """
    @notice Ask for the mid-market rate where the market is thin. A member or its agent.
    """
    member: address = empty(address)
    terms: uint256 = 0
    member, terms = staticcall IRegistry(registry).trader_word(msg.sender)
    if msg.sender != member:
        extcall IRegistry(registry).charge_agent(msg.sender, 0, 0, 1, 0)
    word: uint256 = self.account_words[member] & ~NO_FUSS
    if no_fuss:
        word |= NO_FUSS
    self.account_words[member] = word
    log NoFussSet(member=member, no_fuss=no_fuss)


@external
def transfer_accounts(payer: address, payee: address, amount: uint256) -> uint256:
    """
    @notice Move credits between accounts, as much as the payer has available. Posters only.
    @return What was paid.
    """
    assert self.posters[msg.sender], "only a poster"
    assert payee != empty(address), "the payee has no address"
    word: uint256 = self.account_words[payer]
    paid: uint256 = min(amount, word & MONEY)
    if paid > 0 and payer != payee:
        self.account_words[payer] = word - paid
        self._receive(payee, paid)
        log Transferred(payer=payer, payee=payee, amount=paid)
    return paid


@external
def set_lien(member: address, lender: address, share_bp: uint256, outstanding: uint256):
    """
    @notice Send a share of a member's trade income to a lender until a sum is paid; 0 ends it.
            Posters only: the loan's contract holds the member's consent.
    """
    self._need(self.posters[msg.sender], "only a poster")
    self._need(share_bp <= BASIS, "a share above the whole")
    self._need(outstanding <= MASK_80, "the sum is too large")
    word: uint256 = self.account_words[member] & ~LIEN
    if outstanding == 0:
        self.liens[member] = 0
    else:
        word |= LIEN
        self.liens[member] = convert(lender, uint256) | (share_bp << 160) | (outstanding << 174)
    self.account_words[member] = word
    log LienSet(member=member, lender=lender, share_bp=share_bp, outstanding=outstanding)


@external
def sweep() -> uint256:
    """
    @notice Move what rounding has left over, and no more, to the community's account. Anyone.
            It holds all that buyers paid above the full value of what was ever cleared.
    """
    word: uint256 = self.pool
    paid_in: uint256 = word & MASK_85
    owed: uint256 = (word >> 170) & MASK_85
    self._need(paid_in > owed, "no dust yet")
    dust: uint256 = paid_in - owed
    # From now on this dust counts as owed and paid out.
    self.pool = word + (dust << 170) + (dust << 85)
    self._receive(staticcall IRegistry(registry).community(), dust)
    return dust


# Trading


@external
def place(orders: DynArray[uint256, 96]):
    """
    @notice Place, replace or (no quantity) withdraw orders of the caller or of the member whose
            agent it is. What they may cost at most moves within the account into escrow.
    @param orders Packed orders, at most one in force per interval.
    """
    caller: address = msg.sender
    if caller == self:
        caller = self.moving
    member: address = empty(address)
    terms: uint256 = 0
    member, terms = staticcall IRegistry(registry).trader_word(caller)
    zone: uint256 = terms & 255
    own: uint256 = self.books[zone]
    assert own & EXISTS != 0, "the zone has no book"
    since: uint256 = (own >> 214) & SINCE
    last: uint256 = unsafe_add(block.timestamp // INTERVAL_S, MAX_AHEAD)
    # The terms of the orders' intervals: of now, or once the next ones have come, those.
    ladder_terms: uint256 = 0
    is_later: bool = False
    first: uint256 = 0
    charge: uint256 = 0
    # Escrow and sales of what is placed and of what it replaces; lowest and highest price written.
    escrow: uint256 = 0
    freed: uint256 = 0
    sales: uint256 = 0
    sales_before: uint256 = 0
    low: uint256 = max_value(uint256)
    high: uint256 = 0
    hour: uint256 = max_value(uint256)
    kept: uint256 = 0
    word: uint256 = 0
    for packed: uint256 in orders:
        interval: uint256 = packed >> 64
        if ladder_terms == 0 or (interval >= since) != is_later:
            is_later = interval >= since
            ladder_terms = ((own >> 95) if is_later else own) & TERMS
            charge = ladder_terms >> 71
            first = (block.timestamp + ((ladder_terms >> 54) & GATE) + 899) // INTERVAL_S
        assert packed & (15 << 60) == 0, "malformed order"
        if unsafe_sub(interval, first) > unsafe_sub(last, first):
            assert interval <= last, "too far ahead"
            assert first <= interval, "after gate closure"
        if interval >> 2 != hour:
            if word != kept:
                self.orders[member][hour % RING_H] = word
            hour = interval >> 2
            kept = self.orders[member][hour % RING_H]
            word = self._own_word(kept, hour)
        lane: uint256 = unsafe_mul(interval & 3, 60)
        steps: uint256 = packed & STEPS
        old: uint256 = (word >> lane) & STEPS
        if old == steps:
            continue
        word = word ^ ((old ^ steps) << lane)
        if steps >> 30 != 0:
            self._check_own_trade(steps)
        index: uint256 = unsafe_mul(interval % RING, 64)
        for _: uint256 in range(2):
            if old | steps == 0:
                break
            before: uint256 = old & STEP
            after: uint256 = steps & STEP
            old = old >> 30
            steps = steps >> 30
            if before == after:
                continue
            if before != 0:
                book: uint256 = zone
                use: uint256 = charge
                if before >> 28 != 0:
                    book = self._reached(zone, before >> 28)
                    use = self._terms(self.books[book], interval) >> 71
                quantity: uint256 = before & QUANTITY
                self.ladder[book][index | (before >> 22) & 63] -= (
                    quantity << unsafe_mul((before >> 19) & 7, 30)
                )
                if before & SELL_BIT != 0:
                    sales_before = unsafe_add(sales_before, quantity)
                else:
                    freed = unsafe_add(freed, self._escrow(ladder_terms, use, before))
            if after != 0:
                quantity: uint256 = after & QUANTITY
                tick: uint256 = (after >> 19) & 255
                assert quantity != 0, "malformed order"
                if own & (PAUSED | RETIRED) != 0:
                    self._check_takes(own, is_later)
                assert tick <= (ladder_terms >> 46) & 255, "tick outside the ladder"
                book: uint256 = zone
                use: uint256 = charge
                if after >> 28 != 0:
                    book = self._reached(zone, after >> 28)
                    use = self._terms(self.books[book], interval) >> 71
                price: uint256 = unsafe_add(
                    ladder_terms & BASE, unsafe_mul((ladder_terms >> 26) & TICK, tick)
                )
                tariff: uint256 = terms >> 8
                if interval < (terms >> 136) & MASK_32:
                    tariff = terms >> 72
                assert (
                    (tariff >> 32) & MASK_32 <= price and unsafe_add(price, use) <= tariff & MASK_32
                ), "price outside the band"
                low = min(low, price)
                high = max(high, price)
                if after & SELL_BIT != 0:
                    sales = unsafe_add(sales, quantity)
                else:
                    assert terms & MEMBER_NO_BUYING == 0, "suspended by the supplier: no new buys"
                    escrow = unsafe_add(escrow, self._escrow(ladder_terms, use, after))
                self._add(book, index | (after >> 22) & 63, interval, after)
    if word != kept:
        self.orders[member][hour % RING_H] = word
    self._hold(member, zone, escrow, freed)
    if caller != member:
        more: uint256 = 0
        if escrow > freed:
            more = unsafe_sub(escrow, freed)
        more_sales: uint256 = 0
        if sales > sales_before:
            more_sales = unsafe_sub(sales, sales_before)
        extcall IRegistry(registry).charge_agent(
            caller, more, more_sales, low, high, skip_contract_check=True
        )
    log Placed(member=member, orders=orders)


@external
def clear(book: uint256, interval: uint256):
    """
    @notice Find the uniform price that moves the most energy. Anyone, once, after the gate.
            D(p) is demand at p or above, S(p) supply at p or below, V the maximum of min(D, S) or
            the limit of the grid if that is less; the ticks that reach V run from the lowest with
            S >= V to the highest with D >= V, and the price is their midpoint.
    """
    assert self.results[book][interval] == 0, "already cleared"
    self._clear(book, interval)


@external
def release(member: address, first_interval: uint256, count: uint256) -> DynArray[uint256, 96]:
    """
    @notice Book what a member's orders brought: cost and charge leave its escrow, the rest of the
            escrow becomes available, and what it sold is paid. Anyone, any time after the gate;
            intervals that nobody cleared are cleared first; each order counts once.
    @return One row per interval, the same when the order was released before.
    """
    assert count <= 96 and first_interval < SINCE, "more than 96 intervals, or none of ours"
    zone: uint256 = (self.account_words[member] >> 176) & 255
    own: uint256 = self.books[zone]
    rows: DynArray[uint256, 96] = []
    sum: uint256 = 0
    hour: uint256 = max_value(uint256)
    word: uint256 = 0
    known: uint256 = 0
    released: bool = False
    for i: uint256 in range(count, bound=96):
        interval: uint256 = unsafe_add(first_interval, i)
        if interval >> 2 != hour:
            if word != known:
                self.orders[member][hour % RING_H] = word
            hour = interval >> 2
            known = self.orders[member][hour % RING_H]
            if known >> 244 != (hour // RING_H) & 4095:
                known = 0
            word = known
        steps: uint256 = (word >> unsafe_mul(interval & 3, 60)) & STEPS
        row: uint256 = 0
        if steps != 0:
            outcome: uint256 = self._outcome(zone, own, interval, steps)
            row = self._row(outcome)
            flag: uint256 = RELEASED_0 << (interval & 3)
            if word & flag == 0:
                word |= flag
                released = True
                sum = unsafe_add(sum, outcome)
        rows.append(row)
    if word != known:
        self.orders[member][hour % RING_H] = word
    if released:
        self._book(member, sum)
        log Released(member=member, first_interval=first_interval, rows=rows)
    return rows


@external
def migrate(member: address, with_orders: bool):
    """
    @notice Move what a member has available, and its orders for intervals that are the successor's,
            to the successor. The member or its agent, once the market is retired.
    @param with_orders Whether to place the orders there; else they are taken back only.
    """
    target: address = self.successor
    self._need(target != empty(address), "the market is not retired")
    if msg.sender != member:
        owner: address = empty(address)
        terms: uint256 = 0
        owner, terms = staticcall IRegistry(registry).trader_word(msg.sender)
        self._need(owner == member, "not the member's agent")
        extcall IRegistry(registry).charge_agent(msg.sender, 0, 0, 1, 0)
    moved: DynArray[uint256, 96] = self._take_back(member, with_orders)
    word: uint256 = self.account_words[member]
    amount: uint256 = word & MONEY
    self.account_words[member] = word - amount
    self._need(extcall IERC20(credit).approve(target, amount), "the approval failed")
    extcall IMarket(target).receive_position(member, amount, moved)
    log Migrated(member=member, amount=amount, orders=moved)


@external
def receive_position(member: address, amount: uint256, orders: DynArray[uint256, 96]):
    """
    @notice Take over a member's credits and orders. The predecessor only.
    """
    self._need(msg.sender == predecessor, "only the predecessor")
    self._deposit(member, msg.sender, amount)
    if len(orders) > 0:
        self.moving = member
        extcall IMarket(self).place(orders)
        self.moving = empty(address)


# What anyone may ask


@external
@view
def accounts(member: address) -> (uint256, uint256, uint256):
    """
    @notice What a member has available and in escrow, and its flags: 1 no fuss, 2 lien.
    """
    word: uint256 = self.account_words[member]
    return (word & MONEY, (word >> 88) & MONEY, (word >> 184) & 3)


@external
@view
def no_fuss(member: address) -> bool:
    """
    @notice Whether a member asks for the mid-market rate where the market is thin.
    """
    return self.account_words[member] & NO_FUSS != 0


@external
@view
def share(member: address, interval: uint256) -> (uint256, uint256, int256, uint256):
    """
    @notice What a member bought and sold in a cleared interval, Wh, what that brought (+) or cost
            (-) without charges, and the charges, micro-units.
    """
    word: uint256 = self.orders[member][(interval >> 2) % RING_H]
    steps: uint256 = (word >> ((interval & 3) * 60)) & STEPS
    if word >> 244 != ((interval >> 2) // RING_H) & 4095 or steps == 0:
        return (0, 0, 0, 0)
    outcome: uint256 = 0
    zone: uint256 = (self.account_words[member] >> 176) & 255
    own: uint256 = self.books[zone]
    for i: uint256 in range(2):
        step: uint256 = (steps >> (30 * i)) & STEP
        if step != 0:
            result: uint256 = self.results[self._reached(zone, step >> 28)][interval]
            assert result != 0, "not cleared yet"
            outcome += self._filled(step, result, self._terms_then(zone, own, interval))
    row: uint256 = self._row(outcome)
    trade: int256 = convert((outcome >> 112) & MASK_48, int256)
    trade -= convert((outcome >> 64) & MASK_48, int256)
    return (row & MASK_21, (row >> 21) & MASK_21, trade, row >> 106)


@external
@view
def results_of(book: uint256, first_interval: uint256, count: uint256) -> DynArray[uint256, 96]:
    """
    @notice Result words of up to 96 intervals; 0 where an interval is not cleared.
    """
    found: DynArray[uint256, 96] = []
    for i: uint256 in range(count, bound=96):
        found.append(self.results[book][first_interval + i])
    return found


@external
@view
def charge_of(book: uint256, interval: uint256) -> uint256:
    """
    @notice A book's charge for the use of the grid in an interval, micro-units per kWh.
    """
    return (self._terms_then(book, self.books[book], interval) >> 71) & SINCE


@external
@view
def common_book(zone: uint256, other: uint256) -> uint256:
    """
    @notice The smallest book that holds both zones; 0 where there is none.
    """
    mine: uint256 = zone
    for _: uint256 in range(16):
        theirs: uint256 = other
        for _other: uint256 in range(16):
            if theirs == 0 or theirs == mine:
                break
            theirs = (self.books[theirs] >> 238) & 255
        if theirs == mine:
            return mine
        mine = (self.books[mine] >> 238) & 255
    return 0


# Inside: terms and books


@internal
@pure
def _need(holds: bool, reason: String[64]):
    """
    @dev `assert` for what is called seldom: the code is half as long.
    """
    assert holds, reason


@internal
@view
def _only_community():
    self._need(msg.sender == staticcall IRegistry(registry).community(), "only the community")


@internal
@pure
def _ladder_terms(base: uint256, step: uint256, count: uint256, gate_closure_s: uint256) -> uint256:
    self._need(1 <= count and count <= 256, "between 1 and 256 ticks")
    self._need(0 < step and step < 2**20, "the step is zero or too large")
    self._need(base + step * (count - 1) < 2**26, "a price is too large")
    self._need(gate_closure_s <= 86400, "the gate closes over a day ahead")
    return base | (step << 26) | ((count - 1) << 46) | (gate_closure_s << 54)


@internal
def _propose(book: uint256, mask: uint256, bits: uint256, from_interval: uint256):
    """
    @dev Change the bits of `mask` in a book's next terms.
    """
    now: uint256 = block.timestamp // INTERVAL_S
    self._need(now + MAX_AHEAD < from_interval, "terms change only for intervals without orders")
    self._need(block.timestamp + notice_s <= from_interval * INTERVAL_S, "shorter than the notice")
    self._need(from_interval < SINCE, "no such interval")
    word: uint256 = self._arrived(book, now)
    self._need(word & RETIRED == 0, "the market is retired")
    since: uint256 = (word >> 214) & SINCE
    self._need(since == SINCE or since == from_interval, "another change comes first")
    later: uint256 = (((word >> 95) & TERMS) & ~mask) | bits
    self.books[book] = (
        (word & ~((TERMS << 95) | (SINCE << 214))) | (later << 95) | (from_interval << 214)
    )
    log TermsProposed(book=book, terms=later, from_interval=from_interval)


@internal
def _retire(book: uint256, from_interval: uint256):
    """
    @dev From an interval on the book takes no orders and clears without trade; orders that stand
         there already are worth their escrow under the terms of now.
    """
    now: uint256 = block.timestamp // INTERVAL_S
    word: uint256 = self._arrived(book, now)
    self._need(now < from_interval and from_interval < SINCE, "the interval has begun")
    since: uint256 = (word >> 214) & SINCE
    self._need(since == SINCE or now + MAX_AHEAD < since, "another change comes first")
    word = word & ~((TERMS << 95) | (SINCE << 214))
    self.books[book] = word | ((word & TERMS) << 95) | (from_interval << 214) | RETIRED


@internal
def _arrived(book: uint256, now: uint256) -> uint256:
    """
    @dev A book's word in which next terms whose interval has come are the terms; the word before
         is kept for positions of that time.
    """
    word: uint256 = self.books[book]
    since: uint256 = (word >> 214) & SINCE
    if since > now or word & RETIRED != 0:
        return word
    self.former_books[book][since] = word
    return (
        (word & ~(TERMS | (SINCE << 190))) | ((word >> 95) & TERMS) | (since << 190)
        | (SINCE << 214)
    )


@internal
@pure
def _terms(word: uint256, interval: uint256) -> uint256:
    """
    @dev A book's terms in an interval that is not over.
    """
    if interval < (word >> 214) & SINCE:
        return word & TERMS
    return (word >> 95) & TERMS


@internal
@view
def _terms_then(book: uint256, word: uint256, interval: uint256) -> uint256:
    """
    @dev A book's terms in any interval.
    """
    then: uint256 = word
    for _: uint256 in range(1000):
        since: uint256 = (then >> 190) & SINCE
        if interval >= since:
            break
        then = self.former_books[book][since]
    return self._terms(then, interval)


@internal
@view
def _check_open(terms: uint256, interval: uint256):
    """
    @dev Intervals come in any size, so the bound is checked before anything is computed.
    """
    gate_s: uint256 = (terms >> 54) & GATE
    assert interval <= block.timestamp // INTERVAL_S + MAX_AHEAD, "too far ahead"
    assert block.timestamp + gate_s <= interval * INTERVAL_S, "after gate closure"


@internal
@view
def _reached(zone: uint256, reach: uint256) -> uint256:
    """
    @dev The book that a step of a member of this zone goes to.
    """
    book: uint256 = zone
    assert reach < 3, "malformed order"
    for _: uint256 in range(reach, bound=3):
        book = (self.books[book] >> 238) & 255
        assert book != 0, "the zone reaches no further"
    return book


# Inside: accounts


@internal
def _deposit(member: address, payer: address, amount: uint256):
    self._receive(member, amount)
    log Deposited(member=member, payer=payer, amount=amount)
    self._need(extcall IERC20(credit).transferFrom(payer, self, amount), "the deposit was not paid")


@internal
def _receive(member: address, amount: uint256):
    word: uint256 = self.account_words[member]
    assert (word & MONEY) + amount <= MONEY, "the account is full"
    self.account_words[member] = word + amount


@internal
def _book(member: address, sum: uint256):
    """
    @dev Book what released orders brought.
    @param sum Of their outcomes.
    """
    cost: uint256 = (sum >> 64) & MASK_48
    income: uint256 = (sum >> 112) & MASK_48
    charge: uint256 = (sum >> 160) & MASK_48
    escrow: uint256 = sum >> 208
    word: uint256 = self.account_words[member]
    gained: uint256 = income
    if income > 0 and word & LIEN != 0:
        gained -= self._serve_lien(member, income)
        word = self.account_words[member]
    self.account_words[member] = word - (escrow << 88) + (escrow - cost - charge) + gained
    if cost | income != 0:
        self.pool += cost | (income << 85)
    if charge > 0:
        self._receive(self.charge_account, charge)


@internal
def _serve_lien(member: address, income: uint256) -> uint256:
    lien: uint256 = self.liens[member]
    outstanding: uint256 = lien >> 174
    part: uint256 = min(income * ((lien >> 160) & MASK_14) // BASIS, outstanding)
    if part == outstanding:
        self.liens[member] = 0
        self.account_words[member] = self.account_words[member] & ~LIEN
    else:
        self.liens[member] = lien - (part << 174)
    lender: address = convert(lien & MASK_160, address)
    if part > 0:
        self._receive(lender, part)
    return part


# Inside: orders


@internal
def _add(book: uint256, index: uint256, interval: uint256, step: uint256):
    """
    @dev Add a step to its bucket; a word of another ring starts anew.
    """
    epoch: uint256 = (interval // RING) & EPOCH
    offset: uint256 = unsafe_mul((step >> 19) & 7, 30)
    word: uint256 = self.ladder[book][index]
    if word >> 240 != epoch:
        word = epoch << 240
    assert unsafe_add((word >> offset) & CELL, step & QUANTITY) <= CELL, "this price is full"
    self.ladder[book][index] = unsafe_add(word, (step & QUANTITY) << offset)


@internal
def _hold(member: address, zone: uint256, escrow: uint256, freed: uint256):
    """
    @dev Move the difference between available and escrow, and remember the member's zone.
    """
    account: uint256 = self.account_words[member]
    changed: uint256 = account
    if (account >> 176) & 255 == 0:
        changed |= zone << 176
    if escrow > freed:
        more: uint256 = unsafe_sub(escrow, freed)
        assert more <= account & MONEY, "not enough deposited"
        changed = unsafe_add(unsafe_sub(changed, more), more << 88)
    elif freed > escrow:
        less: uint256 = unsafe_sub(freed, escrow)
        changed = unsafe_sub(unsafe_add(changed, less), less << 88)
    if changed != account:
        self.account_words[member] = changed


@internal
@pure
def _check_takes(own: uint256, is_later: bool):
    assert own & PAUSED == 0, "the market is paused"
    assert not is_later, "the market has moved to its successor"


@internal
@pure
def _check_own_trade(steps: uint256):
    """
    @dev Where one step buys and the other sells in the same book, the sale must cost more.
    """
    if (steps >> 27) & 1 == (steps >> 57) & 1:
        return
    if steps & QUANTITY == 0 or (steps >> 30) & QUANTITY == 0:
        return
    if (steps >> 28) & 3 != (steps >> 58) & 3:
        return
    tick: uint256 = (steps >> 19) & 255
    other: uint256 = (steps >> 49) & 255
    if steps & SELL_BIT != 0:
        assert other < tick, "the order would trade with itself"
    else:
        assert tick < other, "the order would trade with itself"


@internal
@pure
def _escrow(terms: uint256, charge: uint256, step: uint256) -> uint256:
    """
    @dev What a buying step may cost at most: price and charge, each rounded up.
    """
    quantity: uint256 = step & QUANTITY
    price: uint256 = unsafe_add(
        terms & BASE, unsafe_mul((terms >> 26) & TICK, (step >> 19) & 255)
    )
    held: uint256 = unsafe_div(unsafe_add(unsafe_mul(quantity, price), 999), 1000)
    if charge != 0:
        return unsafe_add(
            held, unsafe_div(unsafe_add(unsafe_mul(quantity, charge), 999), 1000)
        )
    return held


@internal
@pure
def _own_word(kept: uint256, hour: uint256) -> uint256:
    """
    @dev The orders of an hour. Those of a ring ago, whose place they take, must be released.
    """
    epoch: uint256 = (hour // RING_H) & 4095
    if kept >> 244 == epoch:
        return kept
    for i: uint256 in range(4):
        if (kept >> 240) & 15 == 15:
            break
        if (kept >> unsafe_mul(i, 60)) & STEPS != 0:
            assert kept & (RELEASED_0 << i) != 0, "older orders are not released"
    return epoch << 244


@internal
def _take_back(member: address, with_orders: bool) -> DynArray[uint256, 96]:
    """
    @dev Strike a member's orders for intervals of the successor and free their escrow.
    """
    moved: DynArray[uint256, 96] = []
    zone: uint256 = (self.account_words[member] >> 176) & 255
    if zone == 0:
        return moved
    own: uint256 = self.books[zone]
    first: uint256 = (own >> 214) & SINCE
    now: uint256 = block.timestamp // INTERVAL_S
    freed: uint256 = 0
    for i: uint256 in range(MAX_AHEAD // 4 + 2):
        hour: uint256 = max(first, now) // 4 + i
        word: uint256 = self.orders[member][hour % RING_H]
        if word >> 244 != (hour // RING_H) & 4095:
            continue
        changed: uint256 = word
        for j: uint256 in range(4):
            interval: uint256 = hour * 4 + j
            steps: uint256 = (word >> (j * 60)) & STEPS
            if steps == 0 or interval < first or word & (RELEASED_0 << j) != 0:
                continue
            if with_orders and len(moved) == 96:
                break
            changed &= ~(STEPS << (j * 60))
            freed += self._escrow_of(zone, self._terms(own, interval), interval, steps)
            if with_orders:
                moved.append((interval << 64) | steps)
        if changed != word:
            self.orders[member][hour % RING_H] = changed
    self._hold(member, zone, 0, freed)
    return moved


@internal
@view
def _escrow_of(zone: uint256, terms: uint256, interval: uint256, steps: uint256) -> uint256:
    held: uint256 = 0
    for i: uint256 in range(2):
        step: uint256 = (steps >> (i * 30)) & STEP
        if step & QUANTITY != 0 and step & SELL_BIT == 0:
            book: uint256 = self._reached(zone, step >> 28)
            charge: uint256 = (self._terms(self.books[book], interval) >> 71) & SINCE
            held += self._escrow(terms, charge, step)
    return held


# Inside: clearing and shares


@internal
def _clear(book: uint256, interval: uint256) -> uint256:
    word: uint256 = self.books[book]
    assert word & EXISTS != 0, "unknown book"
    now: uint256 = block.timestamp // INTERVAL_S
    assert interval <= now + MAX_AHEAD, "the gate is still open"
    terms: uint256 = self._terms_then(book, word, interval)
    gate_s: uint256 = (terms >> 54) & GATE
    assert block.timestamp + gate_s > interval * INTERVAL_S, "the gate is still open"
    result: uint256 = CLEARED | (((terms >> 71) & SINCE) << 216)
    price: uint256 = 0
    volume: uint256 = 0
    moved: bool = word & RETIRED != 0 and interval >= (word >> 214) & SINCE
    if interval + EXPIRY > now and not moved:
        assert word & PAUSED == 0, "the market is paused"
        found: uint256 = self._match(book, interval, ((terms >> 49) & 31) + 1)
        volume = (found >> 32) & MASK_40
        if volume > 0:
            ticks: uint256 = ((found >> 72) & 255) + ((found >> 80) & 255)
            price = (terms & BASE) + ((terms >> 26) & TICK) * ticks // 2
            result |= found | price
            self.pool += (volume * price // 1000) << 170
    self.results[book][interval] = result
    log Cleared(book=book, interval=interval, price=price, volume=volume)
    return result


@internal
@view
def _match(book: uint256, interval: uint256, groups: uint256) -> uint256:
    """
    @dev A result's word without price and charge; 0 where nothing can be traded.
    """
    limit: uint256 = (self.limits[book][interval >> 2] >> ((interval & 3) << 6)) & MASK_64
    if limit == 0:
        limit = MASK_40
    limit = limit & MASK_40
    epoch: uint256 = (interval // RING) & EPOCH
    first: uint256 = unsafe_mul(interval % RING, 64)
    bid_words: uint256[32] = empty(uint256[32])
    demand: uint256 = 0
    for group: uint256 in range(groups, bound=32):
        word: uint256 = self.ladder[book][first | group]
        if word >> 240 == epoch:
            word = word & CELLS
            bid_words[group] = word
            demand = unsafe_add(demand, self._sum(word))
    supply: uint256 = 0
    volume: uint256 = 0
    # The word with the marginal ask, and the supply below it.
    ask_word: uint256 = 0
    ask_tick: uint256 = 0
    ask_below: uint256 = 0
    for group: uint256 in range(groups, bound=32):
        if demand == 0:
            break
        asks: uint256 = self.ladder[book][first | group | 32]
        if asks >> 240 == epoch:
            asks = asks & CELLS
        else:
            asks = 0
        bids: uint256 = bid_words[group]
        beyond: uint256 = unsafe_sub(demand, self._sum(bids))
        end: uint256 = unsafe_add(supply, self._sum(asks))
        most: uint256 = min(end, limit)
        if most <= beyond:
            # Demand beyond this word takes all of it: supply alone tells what moves.
            if most > volume:
                volume = most
                ask_word = asks
                ask_tick = group << 3
                ask_below = supply
            supply = end
            demand = beyond
            continue
        # Supply meets demand at a tick of this word.
        tick: uint256 = group << 3
        bid_tick: uint256 = 0
        bid_after: uint256 = 0
        bid_size: uint256 = 0
        best: uint256 = volume
        for _: uint256 in range(8):
            bid: uint256 = bids & CELL
            supply = unsafe_add(supply, (asks >> unsafe_mul(tick & 7, 30)) & CELL)
            moved: uint256 = min(min(demand, supply), limit)
            demand = unsafe_sub(demand, bid)
            if moved >= best:
                best = moved
                bid_tick = tick
                bid_after = demand
                bid_size = bid
            bids = bids >> 30
            tick = unsafe_add(tick, 1)
        if best == 0:
            return 0
        if best > volume:
            ask_word = asks
            ask_tick = group << 3
            ask_below = unsafe_sub(end, self._sum(asks))
        volume = best
        if demand == volume:
            # As much is wanted further up: the marginal bid is the first one there.
            for above: uint256 in range(unsafe_add(group, 1), groups, bound=32):
                bids = bid_words[above]
                if bids != 0:
                    bid_tick = above << 3
                    break
            for _: uint256 in range(8):
                if bids & CELL != 0:
                    break
                bids = bids >> 30
                bid_tick = unsafe_add(bid_tick, 1)
            bid_size = bids & CELL
            bid_after = unsafe_sub(demand, bid_size)
        for _: uint256 in range(8):
            supply = unsafe_add(ask_below, ask_word & CELL)
            if supply >= volume:
                break
            ask_below = supply
            ask_word = ask_word >> 30
            ask_tick = unsafe_add(ask_tick, 1)
        return (
            (volume << 32) | (ask_tick << 72) | (bid_tick << 80)
            | (unsafe_sub(volume, ask_below) << 88) | ((ask_word & CELL) << 120)
            | (unsafe_sub(volume, bid_after) << 152) | (bid_size << 184)
        )
    return 0


@internal
@pure
def _sum(word: uint256) -> uint256:
    """
    @dev Sum of the eight 30-bit buckets, by halves; no lane can overflow into the next.
    """
    four: uint256 = unsafe_add(word & LANES_60, (word >> 30) & LANES_60)
    two: uint256 = unsafe_add(four & LANES_120, (four >> 60) & LANES_120)
    return unsafe_add(two & (2**120 - 1), two >> 120)


@internal
def _outcome(zone: uint256, own: uint256, interval: uint256, steps: uint256) -> uint256:
    """
    @dev What an order came to, packed so that outcomes add up: [0,32) bought and [32,64) sold Wh,
         [64,112) cost, [112,160) income, [160,208) charges, [208,256) escrow, micro-units.
         Clears what nobody cleared.
    """
    terms: uint256 = own & TERMS
    if interval >= (own >> 214) & SINCE or interval < (own >> 190) & SINCE:
        terms = self._terms_then(zone, own, interval)
    outcome: uint256 = 0
    rest: uint256 = steps
    for _: uint256 in range(2):
        if rest == 0:
            break
        step: uint256 = rest & STEP
        rest = rest >> 30
        if step != 0:
            book: uint256 = zone
            if step >> 28 != 0:
                book = self._reached(zone, step >> 28)
            result: uint256 = self.results[book][interval]
            if result == 0:
                result = self._clear(book, interval)
            outcome = unsafe_add(outcome, self._filled(step, result, terms))
    return outcome


@internal
@pure
def _filled(step: uint256, result: uint256, terms: uint256) -> uint256:
    """
    @dev A step's part of an outcome. Better than marginal is filled in full, at the margin pro
         rata, buyers rounded up and sellers down.
    """
    quantity: uint256 = step & QUANTITY
    tick: uint256 = (step >> 19) & 255
    price: uint256 = result & MASK_32
    filled: uint256 = 0
    volume: uint256 = (result >> 32) & MASK_40
    if step & SELL_BIT != 0:
        if volume != 0:
            ask_tick: uint256 = (result >> 72) & 255
            if tick < ask_tick:
                filled = quantity
            elif tick == ask_tick:
                part: uint256 = (result >> 88) & MASK_32
                filled = unsafe_div(unsafe_mul(quantity, part), (result >> 120) & MASK_32)
        return (filled << 32) | (unsafe_div(unsafe_mul(filled, price), 1000) << 112)
    charge: uint256 = (result >> 216) & SINCE
    outcome: uint256 = self._escrow(terms, charge, step) << 208
    if volume != 0:
        bid_tick: uint256 = (result >> 80) & 255
        if tick > bid_tick:
            filled = quantity
        elif tick == bid_tick:
            size: uint256 = (result >> 184) & MASK_32
            part: uint256 = unsafe_mul(quantity, (result >> 152) & MASK_32)
            filled = unsafe_div(unsafe_sub(unsafe_add(part, size), 1), size)
    if filled == 0:
        return outcome
    cost: uint256 = unsafe_div(unsafe_add(unsafe_mul(filled, price), 999), 1000)
    use: uint256 = unsafe_div(unsafe_add(unsafe_mul(filled, charge), 999), 1000)
    return outcome | filled | (cost << 64) | (use << 160)


@internal
@pure
def _row(outcome: uint256) -> uint256:
    trade: uint256 = unsafe_sub((outcome >> 112) & MASK_48, (outcome >> 64) & MASK_48) & MASK_64
    wh: uint256 = (outcome & MASK_21) | (((outcome >> 32) & MASK_21) << 21)
    return wh | (trade << 42) | (((outcome >> 160) & MASK_48) << 106)
