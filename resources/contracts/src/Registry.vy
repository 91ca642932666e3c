# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Registry
@license Apache-2.0
@notice Who takes part: members with zone, tariff, supplier and meter keys, roles, the addresses of
        the community's contracts by version, and the agents that trade for members within limits
        that their owners set.
@dev Packed words (bit ranges, low end included, high end not):
     member     [0,8) zone, [8,40) retail, [40,72) feed-in, [72,104) and [104,136) both before the
                last change, [136,168) first interval of the last change, 168 MEMBER, 169 ACTIVE,
                170 NO_BUYING
     authority  [0,160) owner, [160,192) lowest price, [192,224) highest, [224,232) scope,
                232 PAUSED, 233 ACTIVE
     limits     [0,64) money a day, [64,100) Wh sold a day, [100,140) expiry, and of the UTC day
                in [240,256): [140,204) money spent, [204,240) Wh offered for sale
     version    [0,160) address, [160,208) the Unix second from which it counts
"""

struct Member:
    zone: uint8
    active: bool
    may_buy: bool
    retail: uint32
    feed_in: uint32
    meter: address
    supplier: address

struct Agent:
    owner: address
    daily_limit: uint96
    daily_sales_wh: uint64
    min_price: uint32
    max_price: uint32
    expires: uint48
    scope: uint8
    active: bool
    paused: bool

event MemberAdded:
    member: indexed(address)
    zone: uint8
    meter: address
    supplier: address

event SupplySet:
    member: indexed(address)
    supplier: indexed(address)
    retail: uint32
    feed_in: uint32
    from_interval: uint256

event MemberActive:
    member: indexed(address)
    active: bool

event MayBuySet:
    member: indexed(address)
    allowed: bool

event MeterSet:
    member: indexed(address)
    meter: address

event ProductionMeterSet:
    member: indexed(address)
    meter: address

event RoleSet:
    account: indexed(address)
    mask: uint256

event SpenderSet:
    spender: indexed(address)
    scope: uint256

event Published:
    name_hash: indexed(bytes32)
    account: address
    from_second: uint256

event PauseSet:
    name_hash: indexed(bytes32)
    guardian: indexed(address)
    paused: bool

event AgentAuthorised:
    agent: indexed(address)
    owner: indexed(address)
    daily_limit: uint96
    daily_sales_wh: uint64
    min_price: uint32
    max_price: uint32
    expires: uint48
    scope: uint8

event AgentPaused:
    agent: indexed(address)
    owner: indexed(address)
    paused: bool

event AgentRevoked:
    agent: indexed(address)
    owner: indexed(address)

DSO: public(constant(uint256)) = 1
SUPPLIER: public(constant(uint256)) = 2
METERING: public(constant(uint256)) = 4
GUARDIAN: public(constant(uint256)) = 8
TREASURER: public(constant(uint256)) = 16

INTERVAL_S: constant(uint256) = 900
SECONDS_PER_DAY: constant(uint256) = 86400
# No order is older than the first or further ahead than the second, in intervals.
RING: public(constant(uint256)) = 768
MAX_AHEAD: public(constant(uint256)) = 192
MAX_SPENDERS: constant(uint256) = 8
SUPPLY: constant(bytes32) = keccak256("Supply")

MASK_160: constant(uint256) = 2**160 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_48: constant(uint256) = 2**48 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_36: constant(uint256) = 2**36 - 1
MASK_32: constant(uint256) = 2**32 - 1
MEMBER: constant(uint256) = 1 << 168
MEMBER_ACTIVE: constant(uint256) = 1 << 169
NO_BUYING: constant(uint256) = 1 << 170
PAUSED: constant(uint256) = 1 << 232
ACTIVE: constant(uint256) = 1 << 233
LIMITS: constant(uint256) = 2**140 - 1

community: public(immutable(address))
# How long a new contract's address is known before it counts, seconds.
notice_s: public(immutable(uint256))

member_words: public(HashMap[address, uint256])
suppliers: HashMap[address, address]
former_suppliers: HashMap[address, address]
meter_of: public(HashMap[address, address])
production_meter_of: public(HashMap[address, address])
member_count: public(uint256)
member_at: public(HashMap[uint256, address])
roles: public(HashMap[address, uint256])
# What an agent's scope has to contain for a contract to act on its word: one bit, or none.
spenders: public(HashMap[address, uint256])
spender_count: public(uint256)
versions: public(HashMap[bytes32, HashMap[uint256, uint256]])
version_count: public(HashMap[bytes32, uint256])
paused: public(HashMap[bytes32, bool])
authority: public(HashMap[address, uint256])
limits: public(HashMap[address, uint256])


@deploy
def __init__(community_: address, notice_s_: uint256):
    assert community_ != empty(address), "the community has no address"
    assert notice_s_ <= 90 * SECONDS_PER_DAY, "notice of more than 90 days"
    community = community_
    notice_s = notice_s_


@external
def add_member(
    member: address, zone: uint8, retail: uint32, feed_in: uint32, meter: address, supplier: address
):
    """
    @notice Admit a household. Community only. Its zone never changes.
    @param retail What its supplier charges, micro-units per kWh.
    @param feed_in What its supplier pays, micro-units per kWh.
    @param meter Address of the key that signs its readings.
    """
    self._only_community()
    assert member != empty(address), "the member has no address"
    assert self.member_words[member] == 0, "already a member"
    assert self.authority[member] & ACTIVE == 0, "the address is an agent"
    assert 1 <= zone and zone <= 254, "zones are numbered from 1 to 254"
    assert meter != empty(address), "the meter has no key"
    assert supplier != empty(address), "the supplier has no address"
    assert feed_in <= retail, "feed-in above retail"
    tariff: uint256 = convert(retail, uint256) | (convert(feed_in, uint256) << 32)
    self.member_words[member] = (
        MEMBER | MEMBER_ACTIVE | convert(zone, uint256) | (tariff << 8) | (tariff << 72)
    )
    self.suppliers[member] = supplier
    self.former_suppliers[member] = supplier
    self.meter_of[member] = meter
    self.member_at[self.member_count] = member
    self.member_count += 1
    log MemberAdded(member=member, zone=zone, meter=meter, supplier=supplier)
    log SupplySet(member=member, supplier=supplier, retail=retail, feed_in=feed_in, from_interval=0)


@external
def set_supply(
    member: address, supplier: address, retail: uint32, feed_in: uint32, from_interval: uint256
):
    """
    @notice Change a member's supplier and tariff from an interval on for which no order can stand
            yet. Community or the published Supply contract. A change that no order can stand
            under yet may be replaced; otherwise changes lie at least the ring of orders apart,
            so that everything still unsettled finds its terms.
    """
    if msg.sender != community:
        assert msg.sender == self._contract(SUPPLY), "only the community or Supply"
    word: uint256 = self._known(member)
    assert supplier != empty(address), "the supplier has no address"
    assert feed_in <= retail, "feed-in above retail"
    now: uint256 = block.timestamp // INTERVAL_S
    assert now + MAX_AHEAD < from_interval, "terms change only for intervals without orders"
    assert from_interval <= MASK_32, "no such interval"
    since: uint256 = (word >> 136) & MASK_32
    if since <= now + MAX_AHEAD:
        assert since == 0 or since + RING <= now, "the last change is too recent"
        former: uint256 = (word >> 8) & MASK_64
        word = (word & ~(MASK_64 << 72)) | (former << 72)
        self.former_suppliers[member] = self.suppliers[member]
    tariff: uint256 = convert(retail, uint256) | (convert(feed_in, uint256) << 32)
    self.member_words[member] = (
        (word & ~((MASK_64 << 8) | (MASK_32 << 136))) | (tariff << 8) | (from_interval << 136)
    )
    self.suppliers[member] = supplier
    log SupplySet(
        member=member, supplier=supplier, retail=retail, feed_in=feed_in, from_interval=from_interval
    )


@external
def set_active(member: address, active: bool):
    """
    @notice Suspend a member or take it back. Community only.
    """
    self._only_community()
    word: uint256 = self._known(member)
    self.member_words[member] = (word & ~MEMBER_ACTIVE) | (MEMBER_ACTIVE if active else 0)
    log MemberActive(member=member, active=active)


@external
def set_may_buy(member: address, allowed: bool):
    """
    @notice Stop a member's new buy orders, or let it buy again. Community or Supply.
    """
    if msg.sender != community:
        assert msg.sender == self._contract(SUPPLY), "only the community or Supply"
    word: uint256 = self._known(member)
    self.member_words[member] = (word & ~NO_BUYING) | (0 if allowed else NO_BUYING)
    log MayBuySet(member=member, allowed=allowed)


@external
def set_meter(member: address, meter: address):
    """
    @notice Put another meter's key in place of a member's. Community only.
    """
    self._only_community()
    self._known(member)
    assert meter != empty(address), "the meter has no key"
    self.meter_of[member] = meter
    log MeterSet(member=member, meter=meter)


@external
def set_production_meter(member: address, meter: address):
    """
    @notice Name the key that signs what a member's plant makes; zero when it has none. Community
            only.
    """
    self._only_community()
    self._known(member)
    self.production_meter_of[member] = meter
    log ProductionMeterSet(member=member, meter=meter)


@external
def set_role(account: address, mask: uint256):
    """
    @notice Set an account's roles (bits DSO 1, SUPPLIER 2, METERING 4, GUARDIAN 8, TREASURER 16).
            Community only.
    """
    self._only_community()
    self.roles[account] = mask
    log RoleSet(account=account, mask=mask)


@external
def set_spender(spender: address, allowed: bool):
    """
    @notice Say which contracts agents may be allowed to use. Community only.
    @dev The bit that a contract got is never given to another, so no agent's scope widens.
    """
    self._only_community()
    scope: uint256 = 0
    if allowed:
        assert self.spender_count < MAX_SPENDERS, "no more than 8 contracts"
        assert self.spenders[spender] == 0, "already a spender"
        scope = 1 << self.spender_count
        self.spender_count += 1
    self.spenders[spender] = scope
    log SpenderSet(spender=spender, scope=scope)


@external
def publish(name_hash: bytes32, account: address):
    """
    @notice Publish the next version of a contract of the community: it counts after the notice,
            the first one of its name at once. Community only.
    """
    self._only_community()
    assert account != empty(address), "the contract has no address"
    number: uint256 = self.version_count[name_hash]
    from_second: uint256 = block.timestamp
    if number > 0:
        from_second += notice_s
    self.versions[name_hash][number] = convert(account, uint256) | (from_second << 160)
    self.version_count[name_hash] = number + 1
    log Published(name_hash=name_hash, account=account, from_second=from_second)


@external
@view
def contracts(name_hash: bytes32) -> address:
    """
    @notice The newest version of a contract that counts now; zero where there is none.
    """
    return self._contract(name_hash)


@external
@view
def version_of(name_hash: bytes32, number: uint256) -> (address, uint256):
    """
    @notice A version of a contract, counted from 0, and the second from which it counts.
    """
    word: uint256 = self.versions[name_hash][number]
    return (convert(word & MASK_160, address), word >> 160)


@external
def set_paused(name_hash: bytes32, paused: bool):
    """
    @notice Stop what a contract of this name allows to be stopped, or let it go on. Guardians.
    """
    assert self.roles[msg.sender] & GUARDIAN != 0, "only a guardian"
    self.paused[name_hash] = paused
    log PauseSet(name_hash=name_hash, guardian=msg.sender, paused=paused)


@external
def authorise_agent(
    agent: address,
    daily_limit: uint96,
    daily_sales_wh: uint64,
    min_price: uint32,
    max_price: uint32,
    expires: uint48,
    allowed: DynArray[address, 8],
):
    """
    @notice Let an agent key act for the calling member, or change its limits; ends a pause.
    @param daily_limit What it may add to escrows per UTC day, micro-units.
    @param daily_sales_wh What it may offer for sale per UTC day, Wh.
    @param min_price Lowest price it may write on an order, micro-units per kWh.
    @param max_price Highest price it may write on an order, micro-units per kWh.
    @param expires Unix second after which it may do nothing.
    @param allowed The only contracts it may use.
    """
    assert self.member_words[msg.sender] & MEMBER_ACTIVE != 0, "not a member"
    assert agent != empty(address), "the agent has no address"
    assert self.member_words[agent] == 0, "the agent is a member"
    known: uint256 = self.authority[agent]
    assert known & ACTIVE == 0 or self._owner(known) == msg.sender, "the agent serves another member"
    assert min_price <= max_price, "the price band is empty"
    end: uint256 = convert(expires, uint256)
    assert end > block.timestamp, "the agent has expired"
    assert end <= MASK_40, "the expiry is too far"
    money: uint256 = convert(daily_limit, uint256)
    sales: uint256 = convert(daily_sales_wh, uint256)
    assert money <= MASK_64, "the daily limit is too large"
    assert sales <= MASK_36, "the daily sales are too large"
    scope: uint256 = 0
    for spender: address in allowed:
        bit: uint256 = self.spenders[spender]
        assert bit != 0, "no contract of the community"
        scope |= bit
    self.authority[agent] = (
        convert(msg.sender, uint256) | (convert(min_price, uint256) << 160)
        | (convert(max_price, uint256) << 192) | (scope << 224) | ACTIVE
    )
    # What was used today stays used, also when a key comes back.
    used: uint256 = self.limits[agent] & ~LIMITS
    self.limits[agent] = used | money | (sales << 64) | (end << 100)
    log AgentAuthorised(
        agent=agent,
        owner=msg.sender,
        daily_limit=daily_limit,
        daily_sales_wh=daily_sales_wh,
        min_price=min_price,
        max_price=max_price,
        expires=expires,
        scope=convert(scope, uint8),
    )


@external
def pause_agent(agent: address, paused: bool):
    """
    @notice Stop an agent for a while, or let it go on within its limits. Its owner only.
    """
    known: uint256 = self.authority[agent]
    assert self._owner(known) == msg.sender, "not the agent's owner"
    assert known & ACTIVE != 0, "the agent is revoked"
    self.authority[agent] = (known & ~PAUSED) | (PAUSED if paused else 0)
    log AgentPaused(agent=agent, owner=msg.sender, paused=paused)


@external
def revoke_agent(agent: address):
    """
    @notice End an agent's authority at once. Its owner only.
    """
    known: uint256 = self.authority[agent]
    assert self._owner(known) == msg.sender, "not the agent's owner"
    self.authority[agent] = known & ~(ACTIVE | PAUSED)
    log AgentRevoked(agent=agent, owner=msg.sender)


@external
@view
def agents(agent: address) -> Agent:
    """
    @notice An agent with its limits; an unknown one has zeros.
    """
    known: uint256 = self.authority[agent]
    limits: uint256 = self.limits[agent]
    return Agent(
        owner=self._owner(known),
        daily_limit=convert(limits & MASK_64, uint96),
        daily_sales_wh=convert((limits >> 64) & MASK_36, uint64),
        min_price=convert((known >> 160) & MASK_32, uint32),
        max_price=convert((known >> 192) & MASK_32, uint32),
        expires=convert((limits >> 100) & MASK_40, uint48),
        scope=convert((known >> 224) & 255, uint8),
        active=known & ACTIVE != 0,
        paused=known & PAUSED != 0,
    )


@external
@view
def spent(agent: address, day: uint256) -> uint256:
    """
    @notice What an agent has spent on the last UTC day on which it acted, micro-units; 0 for any
            other day.
    """
    limits: uint256 = self.limits[agent]
    if limits >> 240 != day:
        return 0
    return (limits >> 140) & MASK_64


@external
@view
def members(member: address) -> Member:
    """
    @notice A member as of now; a stranger has zeros.
    """
    word: uint256 = self.member_words[member]
    tariff: uint256 = 0
    supplier: address = empty(address)
    tariff, supplier = self._terms(member, word, block.timestamp // INTERVAL_S)
    return Member(
        zone=convert(word & 255, uint8),
        active=word & MEMBER_ACTIVE != 0,
        may_buy=word & (MEMBER_ACTIVE | NO_BUYING) == MEMBER_ACTIVE,
        retail=convert(tariff & MASK_32, uint32),
        feed_in=convert(tariff >> 32, uint32),
        meter=self.meter_of[member],
        supplier=supplier,
    )


@external
@view
def terms_at(member: address, interval: uint256) -> (uint256, uint256, uint256, address):
    """
    @notice Zone, retail and feed-in price and supplier of a member in an interval, which is one of
            the last eight days or later. A stranger has zeros.
    """
    word: uint256 = self.member_words[member]
    tariff: uint256 = 0
    supplier: address = empty(address)
    tariff, supplier = self._terms(member, word, interval)
    return (word & 255, tariff & MASK_32, tariff >> 32, supplier)


@external
@view
def may_buy(member: address) -> bool:
    """
    @notice Whether a member is active and not suspended by its supplier.
    """
    return self.member_words[member] & (MEMBER_ACTIVE | NO_BUYING) == MEMBER_ACTIVE


@external
@view
def supply_of(member: address) -> (uint256, address, address):
    """
    @notice A member's packed word with the supplier since its last change and the one before.
    """
    return (self.member_words[member], self.suppliers[member], self.former_suppliers[member])


@external
@view
def principal(caller: address) -> address:
    """
    @notice For whom a caller acts: itself as an active member, or its owner as a valid agent.
    """
    return self._principal(caller)[0]


@external
@view
def trader(caller: address) -> (address, uint256, uint256, uint256):
    """
    @notice For whom a caller acts, with that member's zone, retail and feed-in price of now.
    """
    member: address = empty(address)
    word: uint256 = 0
    member, word = self._principal(caller)
    tariff: uint256 = (word >> 72) & MASK_64
    if (word >> 136) & MASK_32 <= block.timestamp // INTERVAL_S:
        tariff = (word >> 8) & MASK_64
    return (member, word & 255, tariff & MASK_32, tariff >> 32)


@external
@view
def trader_word(caller: address) -> (address, uint256):
    """
    @notice For whom a caller acts, with that member's packed word.
    """
    return self._principal(caller)


@external
def charge_agent(
    caller: address, amount: uint256, sales_wh: uint256, price_low: uint256, price_high: uint256
):
    """
    @notice Count what an agent does against its limits of today and hold its price band and its
            scope. A member itself has no limit. Contracts that the community named as spenders
            only.
    @param price_low Lowest price the agent wrote; above price_high when it wrote none.
    """
    scope: uint256 = self.spenders[msg.sender]
    assert scope != 0, "only a spender charges agents"
    known: uint256 = self.authority[caller]
    if known & ACTIVE == 0:
        assert self.member_words[caller] & MEMBER_ACTIVE != 0, "not a member"
        return
    limits: uint256 = self._valid(caller, known)
    assert (known >> 224) & scope != 0, "outside the agent's scope"
    if price_low <= price_high:
        assert price_low >= (known >> 160) & MASK_32, "price outside the agent's band"
        assert price_high <= (known >> 192) & MASK_32, "price outside the agent's band"
    if amount | sales_wh == 0:
        return
    day: uint256 = block.timestamp // SECONDS_PER_DAY
    spent: uint256 = amount
    sold_wh: uint256 = sales_wh
    if limits >> 240 == day:
        spent += (limits >> 140) & MASK_64
        sold_wh += (limits >> 204) & MASK_36
    assert spent <= limits & MASK_64, "over the agent's daily limit"
    assert sold_wh <= (limits >> 64) & MASK_36, "over the agent's daily sales"
    self.limits[caller] = (limits & LIMITS) | (spent << 140) | (sold_wh << 204) | (day << 240)


@internal
@view
def _contract(name_hash: bytes32) -> address:
    number: uint256 = self.version_count[name_hash]
    for _: uint256 in range(64):
        if number == 0:
            break
        number -= 1
        word: uint256 = self.versions[name_hash][number]
        if word >> 160 <= block.timestamp:
            return convert(word & MASK_160, address)
    return empty(address)


@internal
@view
def _terms(member: address, word: uint256, interval: uint256) -> (uint256, address):
    if (word >> 136) & MASK_32 <= interval:
        return ((word >> 8) & MASK_64, self.suppliers[member])
    return ((word >> 72) & MASK_64, self.former_suppliers[member])


@internal
@pure
def _owner(authority: uint256) -> address:
    return convert(authority & MASK_160, address)


@internal
@view
def _valid(agent: address, known: uint256) -> uint256:
    """
    @dev The agent's limits, once it is neither paused nor expired.
    """
    assert known & PAUSED == 0, "the agent is paused"
    limits: uint256 = self.limits[agent]
    assert block.timestamp <= (limits >> 100) & MASK_40, "the agent has expired"
    return limits


@internal
@view
def _principal(caller: address) -> (address, uint256):
    member: address = caller
    known: uint256 = self.authority[caller]
    if known & ACTIVE != 0:
        self._valid(caller, known)
        member = self._owner(known)
    word: uint256 = self.member_words[member]
    assert word & MEMBER_ACTIVE != 0, "not a member"
    return (member, word)


@internal
@view
def _only_community():
    assert msg.sender == community, "only the community"


@internal
@view
def _known(member: address) -> uint256:
    word: uint256 = self.member_words[member]
    assert word != 0, "not a member"
    return word
