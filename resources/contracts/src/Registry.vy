# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Registry
@license Apache-2.0
@notice Who takes part: members with zone, tariff and meter key, roles, and the agents that trade
        for members within limits that their owners set.
"""

struct Member:
    zone: uint8
    active: bool
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

event TariffSet:
    member: indexed(address)
    retail: uint32
    feed_in: uint32

event MemberActive:
    member: indexed(address)
    active: bool

event MeterSet:
    member: indexed(address)
    meter: address

event RoleSet:
    account: indexed(address)
    mask: uint256

event SpenderSet:
    spender: indexed(address)
    scope: uint256

event ContractSet:
    name_hash: indexed(bytes32)
    account: address

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

SECONDS_PER_DAY: constant(uint256) = 86400
MAX_SPENDERS: constant(uint256) = 8

# An agent is two words. Authority: owner in the low 160 bits, lowest price << 160, highest << 192,
# scope << 224, paused << 232, active << 233. Limits: money per day in the low 96 bits, Wh sold per
# day << 96, expiry << 160.
MASK_160: constant(uint256) = 2**160 - 1
MASK_128: constant(uint256) = 2**128 - 1
MASK_96: constant(uint256) = 2**96 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_32: constant(uint256) = 2**32 - 1
PAUSED: constant(uint256) = 1 << 232
ACTIVE: constant(uint256) = 1 << 233

community: public(immutable(address))

members: public(HashMap[address, Member])
member_count: public(uint256)
member_at: public(HashMap[uint256, address])
roles: public(HashMap[address, uint256])
# What an agent's scope has to contain for a contract to act on its word: one bit, or none.
spenders: public(HashMap[address, uint256])
spender_count: public(uint256)
contracts: public(HashMap[bytes32, address])
authority: public(HashMap[address, uint256])
limits: public(HashMap[address, uint256])
# By agent and UTC day: micro-units spent in the low 128 bits, Wh sold above.
used: public(HashMap[address, HashMap[uint256, uint256]])


@deploy
def __init__(community_: address):
    assert community_ != empty(address), "the community has no address"
    community = community_


@external
def add_member(
    member: address, zone: uint8, retail: uint32, feed_in: uint32, meter: address, supplier: address
):
    """
    @notice Admit a household. Community only.
    @param retail What its supplier charges, micro-units per kWh.
    @param feed_in What its supplier pays, micro-units per kWh.
    @param meter Address of the key that signs its readings.
    """
    self._only_community()
    assert member != empty(address), "the member has no address"
    assert self.members[member].supplier == empty(address), "already a member"
    assert self.authority[member] & ACTIVE == 0, "the address is an agent"
    assert meter != empty(address), "the meter has no key"
    assert supplier != empty(address), "the supplier has no address"
    assert feed_in <= retail, "feed-in above retail"
    self.members[member] = Member(
        zone=zone, active=True, retail=retail, feed_in=feed_in, meter=meter, supplier=supplier
    )
    self.member_at[self.member_count] = member
    self.member_count += 1
    log MemberAdded(member=member, zone=zone, meter=meter, supplier=supplier)
    log TariffSet(member=member, retail=retail, feed_in=feed_in)


@external
def set_tariff(member: address, retail: uint32, feed_in: uint32):
    """
    @notice Change a member's supplier tariff. Community only.
    """
    self._only_community()
    self._known(member)
    assert feed_in <= retail, "feed-in above retail"
    self.members[member].retail = retail
    self.members[member].feed_in = feed_in
    log TariffSet(member=member, retail=retail, feed_in=feed_in)


@external
def set_active(member: address, active: bool):
    """
    @notice Suspend a member or take it back. Community only.
    """
    self._only_community()
    self._known(member)
    self.members[member].active = active
    log MemberActive(member=member, active=active)


@external
def set_meter(member: address, meter: address):
    """
    @notice Put another meter's key in place of a member's. Community only.
    """
    self._only_community()
    self._known(member)
    assert meter != empty(address), "the meter has no key"
    self.members[member].meter = meter
    log MeterSet(member=member, meter=meter)


@external
def set_role(account: address, mask: uint256):
    """
    @notice Set an account's roles (bits DSO 1, SUPPLIER 2, METERING 4, GUARDIAN 8). Community only.
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
def set_contract(name_hash: bytes32, account: address):
    """
    @notice Publish where a contract of the community lives. Community only.
    """
    self._only_community()
    self.contracts[name_hash] = account
    log ContractSet(name_hash=name_hash, account=account)


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
    assert self.members[msg.sender].active, "not a member"
    assert agent != empty(address), "the agent has no address"
    assert self.members[agent].supplier == empty(address), "the agent is a member"
    known: uint256 = self.authority[agent]
    assert known & ACTIVE == 0 or self._owner(known) == msg.sender, "the agent serves another member"
    assert min_price <= max_price, "the price band is empty"
    assert convert(expires, uint256) > block.timestamp, "the agent has expired"
    scope: uint256 = 0
    for spender: address in allowed:
        bit: uint256 = self.spenders[spender]
        assert bit != 0, "no contract of the community"
        scope |= bit
    self.authority[agent] = (
        convert(msg.sender, uint256) | (convert(min_price, uint256) << 160)
        | (convert(max_price, uint256) << 192) | (scope << 224) | ACTIVE
    )
    self.limits[agent] = (
        convert(daily_limit, uint256) | (convert(daily_sales_wh, uint256) << 96)
        | (convert(expires, uint256) << 160)
    )
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
        daily_limit=convert(limits & MASK_96, uint96),
        daily_sales_wh=convert((limits >> 96) & MASK_64, uint64),
        min_price=convert((known >> 160) & MASK_32, uint32),
        max_price=convert((known >> 192) & MASK_32, uint32),
        expires=convert(limits >> 160, uint48),
        scope=convert((known >> 224) & 255, uint8),
        active=known & ACTIVE != 0,
        paused=known & PAUSED != 0,
    )


@external
@view
def spent(agent: address, day: uint256) -> uint256:
    """
    @notice What an agent has spent on a UTC day, micro-units.
    """
    return self.used[agent][day] & MASK_128


@external
@view
def principal(caller: address) -> address:
    """
    @notice For whom a caller acts: itself as an active member, or its owner as a valid agent.
    """
    return self._principal(caller)


@external
@view
def trader(caller: address) -> (address, uint256, uint256, uint256):
    """
    @notice For whom a caller acts, with that member's zone, retail and feed-in price.
    """
    member: address = self._principal(caller)
    return (
        member,
        convert(self.members[member].zone, uint256),
        convert(self.members[member].retail, uint256),
        convert(self.members[member].feed_in, uint256),
    )


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
    if self.members[caller].active:
        return
    known: uint256 = self._valid(caller)
    assert (known >> 224) & scope != 0, "outside the agent's scope"
    if price_low <= price_high:
        assert price_low >= (known >> 160) & MASK_32, "price outside the agent's band"
        assert price_high <= (known >> 192) & MASK_32, "price outside the agent's band"
    if amount | sales_wh == 0:
        return
    limits: uint256 = self.limits[caller]
    day: uint256 = block.timestamp // SECONDS_PER_DAY
    used: uint256 = self.used[caller][day]
    spent: uint256 = (used & MASK_128) + amount
    sold_wh: uint256 = (used >> 128) + sales_wh
    assert spent <= limits & MASK_96, "over the agent's daily limit"
    assert sold_wh <= (limits >> 96) & MASK_64, "over the agent's daily sales"
    self.used[caller][day] = spent | (sold_wh << 128)


@internal
@pure
def _owner(authority: uint256) -> address:
    return convert(authority & MASK_160, address)


@internal
@view
def _valid(agent: address) -> uint256:
    known: uint256 = self.authority[agent]
    assert known & ACTIVE != 0, "not a member"
    assert known & PAUSED == 0, "the agent is paused"
    assert block.timestamp <= self.limits[agent] >> 160, "the agent has expired"
    return known


@internal
@view
def _principal(caller: address) -> address:
    if self.members[caller].active:
        return caller
    owner: address = self._owner(self._valid(caller))
    assert self.members[owner].active, "not a member"
    return owner


@internal
@view
def _only_community():
    assert msg.sender == community, "only the community"


@internal
@view
def _known(member: address):
    assert self.members[member].supplier != empty(address), "not a member"
