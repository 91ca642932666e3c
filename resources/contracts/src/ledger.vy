# pragma version 0.4.3
"""
@title ledger
@license Apache-2.0
@notice Accounts within the market: what a member has available and in escrow, liens on its trade
        income, and the pool between buyers and sellers.
"""

from ethereum.ercs import IERC20

import grid
import words

uses: grid

interface IRegistry:
    def trader_word(caller: address) -> (address, uint256): view
    def charge_agent(
        caller: address, amount: uint256, sales_wh: uint256, price_low: uint256, price_high: uint256
    ): nonpayable

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

credit: public(immutable(address))

charge_account: public(address)
posters_set: bool
posters: HashMap[address, bool]
account_words: HashMap[address, uint256]
liens: public(HashMap[address, uint256])
pool: public(uint256)


@deploy
def __init__(credit_: address):
    credit = credit_


@external
def set_charge_account(account: address):
    """
    @notice Name the account that receives the charges, the grid operator's. Community only.
    """
    grid._only_community()
    self.charge_account = account


@external
def set_posters(accounts: DynArray[address, 8]):
    """
    @notice Name the contracts that settle between accounts. Community only, once and for all.
    """
    grid._only_community()
    words._need(not self.posters_set, "the posters are set")
    self.posters_set = True
    for account: address in accounts:
        self.posters[account] = True


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
    words._need(member != empty(address), "the member has no address")
    self._deposit(member, msg.sender, amount)


@external
@nonreentrant
def withdraw(amount: uint256):
    """
    @notice Take credits out of the own account. Never paused; no agent and no owner of the
            community can do it.
    """
    word: uint256 = self.account_words[msg.sender]
    words._need(amount <= word & words.MONEY, "not enough available")
    self.account_words[msg.sender] = word - amount
    log Withdrawn(member=msg.sender, amount=amount)
    words._need(extcall IERC20(credit).transfer(msg.sender, amount), "the withdrawal failed")


@external
def set_no_fuss(no_fuss: bool):
    """
    @notice Ask for the mid-market rate where the market is thin. A member or its agent.
    """
    member: address = self._principal()
    word: uint256 = self.account_words[member] & ~words.NO_FUSS
    if no_fuss:
        word |= words.NO_FUSS
    self.account_words[member] = word
    log NoFussSet(member=member, no_fuss=no_fuss)


@external
def transfer_accounts(payer: address, payee: address, amount: uint256) -> uint256:
    """
    @notice Move credits between accounts, as much as the payer has available. Posters only.
    @return What was paid.
    """
    words._need(self.posters[msg.sender], "only a poster")
    words._need(payee != empty(address), "the payee has no address")
    word: uint256 = self.account_words[payer]
    paid: uint256 = min(amount, word & words.MONEY)
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
    words._need(self.posters[msg.sender], "only a poster")
    words._need(share_bp <= words.BASIS, "a share above the whole")
    words._need(outstanding <= words.MASK_80, "the sum is too large")
    word: uint256 = self.account_words[member] & ~words.LIEN
    if outstanding == 0:
        self.liens[member] = 0
    else:
        word |= words.LIEN
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
    paid_in: uint256 = word & words.MASK_85
    owed: uint256 = (word >> 170) & words.MASK_85
    words._need(paid_in > owed, "no dust yet")
    dust: uint256 = paid_in - owed
    # From now on this dust counts as owed and paid out.
    self.pool = word + (dust << 170) + (dust << 85)
    self._receive(grid._community(), dust)
    return dust


@external
@view
def accounts(member: address) -> (uint256, uint256, uint256):
    """
    @notice What a member has available and in escrow, and its flags: 1 no fuss, 2 lien.
    """
    word: uint256 = self.account_words[member]
    return (word & words.MONEY, (word >> 88) & words.MONEY, (word >> 184) & 3)


@external
@view
def no_fuss(member: address) -> bool:
    """
    @notice Whether a member asks for the mid-market rate where the market is thin.
    """
    return self.account_words[member] & words.NO_FUSS != 0


@internal
@view
def _trader(caller: address) -> (address, uint256):
    """
    @dev For whom a caller acts, with that member's word in the registry.
    """
    return staticcall IRegistry(grid.registry).trader_word(caller)


@internal
def _principal() -> address:
    """
    @dev The member that the caller is or, within its scope, acts for.
    """
    member: address = empty(address)
    word: uint256 = 0
    member, word = self._trader(msg.sender)
    if msg.sender != member:
        extcall IRegistry(grid.registry).charge_agent(msg.sender, 0, 0, 1, 0)
    return member


@internal
def _deposit(member: address, payer: address, amount: uint256):
    self._receive(member, amount)
    log Deposited(member=member, payer=payer, amount=amount)
    words._need(
        extcall IERC20(credit).transferFrom(payer, self, amount), "the deposit was not paid"
    )


@internal
def _receive(member: address, amount: uint256):
    word: uint256 = self.account_words[member]
    words._need((word & words.MONEY) + amount <= words.MONEY, "the account is full")
    self.account_words[member] = word + amount


@internal
def _book(member: address, sum: uint256):
    """
    @dev Book what released orders brought.
    @param sum Of their outcomes.
    """
    cost: uint256 = (sum >> 64) & words.MASK_48
    income: uint256 = (sum >> 112) & words.MASK_48
    charge: uint256 = (sum >> 160) & words.MASK_48
    escrow: uint256 = sum >> 208
    word: uint256 = self.account_words[member]
    gained: uint256 = income
    if income > 0 and word & words.LIEN != 0:
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
    part: uint256 = min(income * ((lien >> 160) & words.MASK_14) // words.BASIS, outstanding)
    if part == outstanding:
        self.liens[member] = 0
        self.account_words[member] = self.account_words[member] & ~words.LIEN
    else:
        self.liens[member] = lien - (part << 174)
    lender: address = convert(lien & words.MASK_160, address)
    if part > 0:
        self._receive(lender, part)
    return part


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
        if more > account & words.MONEY:
            words._need(False, "not enough deposited")
        changed = unsafe_add(unsafe_sub(changed, more), more << 88)
    elif freed > escrow:
        less: uint256 = unsafe_sub(freed, escrow)
        changed = unsafe_sub(unsafe_add(changed, less), less << 88)
    if changed != account:
        self.account_words[member] = changed
