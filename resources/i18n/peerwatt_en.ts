<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Proofs</source>
        <comment>Save the proof</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proofs</source>
        <comment>Proof files (*.json)</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proofs</source>
        <comment>The proof was not saved in {0}: {1}.</comment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proofs</source>
        <comment>The proof was saved. Anybody can check it: peerwatt chain verify {0}</comment>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AccountRow</name>
    <message>
        <source>Back up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Credits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More about {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>its key is not on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>member</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save proof…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receive…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give credits back…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export a keystore file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another account from the same words…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AccountsCard</name>
    <message>
        <source>Accounts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create a wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The owner&apos;s key is not on this computer, so nothing can be sent from here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no wallet on this computer yet. Make one, or bring your own.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ActionRow</name>
    <message>
        <source>{0}: {1} over the coming days, by the plan around it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AddAccountDialog</name>
    <message>
        <source>Another account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It follows from the same words, so your backup covers it already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Savings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AgentCard</name>
    <message>
        <source>The house&apos;s own key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Spent today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offered for sale today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change limits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revoke</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may only trade, and only within these limits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no limit known yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>between {0} and {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>until {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>may trade</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>may answer the grid operator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kept in {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>active</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>expired</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>revoked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not authorised</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Authorise</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BackupDialog</name>
    <message>
        <source>Back up the words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whoever has the words has the money. Take pen and paper, and be alone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write these words down in this order. They are not shown again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No photo, no file, no cloud: paper only. Nobody will ever ask for them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The backup is complete. With the words you get everything back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Later</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I wrote them down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Now enter three of them, from your paper:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Word {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BatteryTile</name>
    <message>
        <source>Battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery: open the devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery charge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>old value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sun today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>made by your own panels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Used today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by the house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>resting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>charging</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplying, lasts {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>charging, full in {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BookDialog</name>
    <message>
        <source>Address book</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Addresses</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody is in it yet. Add neighbours you pay or who pay you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note, if you like</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Bridge</name>
    <message>
        <source>The engine could not be started: {0}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine is starting.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This could not be done, because the engine is away.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine has ended.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CertificatesCard</name>
    <message>
        <source>Certificates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One for each Wh of metered green production, burned when the energy is used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For what you produced</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Used by your house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gone with energy you sold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates prove hour by hour that energy was green: for what you produced, used and sold. None is known to this house.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates prove that your sun&apos;s energy was green. They begin when the community knows a production meter of yours: ask it to add one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each counts once: it is burned in the hour in which its energy is used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Since {0}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Chain</name>
    <message>
        <source>not verified yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>verified, block {0}, {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>final up to block {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>verified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>catching up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no new blocks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not reached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>needs you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>follows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>behind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>does not answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>its answers do not hold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>behind by {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>last answer {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>known validators vote on each block ({0})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>known validators seal blocks in turn ({0})</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a committee of stakers attests to each block ({0})</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChainCard</name>
    <message>
        <source>How it is checked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blocks checked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proofs checked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>blocks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>proofs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and {0} more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} answers did not match and were refused.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChainDialog</name>
    <message>
        <source>How the chain is checked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asked for it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How blocks come about</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything rests on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When a block is final</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checked since the start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, number {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}; {1} of them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>now up to block {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} blocks, {1} proofs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} answers that did not hold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped: two blocks stand against each other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Endpoint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blocks behind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Newest block</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChangePasswordDialog</name>
    <message>
        <source>Change the password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files that were exported before keep their old password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Encrypting every key anew…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CloseDialog</name>
    <message>
        <source>Close the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Should the house go on running?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without the window it still measures, trades and charges. Stopped, every device is given back to itself. Your answer is remembered; you can change it in the settings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CommunityPage</name>
    <message>
        <source>Community</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CreateDialog</name>
    <message>
        <source>Create a wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Our house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a word of my own (for experts)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your own word</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is not on the paper: without it the words open an empty wallet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your key is made on this computer and stays here, encrypted. A few words on paper bring it back if the computer is lost.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Making the key…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DayPlot</name>
    <message>
        <source>Power of the last 24 hours and the plan of the next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>use less</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>use more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing measured yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, planned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery charges</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Home</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Car</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing measured yet.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DealsCard</name>
    <message>
        <source>Chosen neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Direct deals, signed by both sides, served first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End this deal…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Here stand your agreements with neighbours whom you chose: how much, at which price, and what each delivered. None is known to this house.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose whom you buy from: a share of a neighbour&apos;s surplus or a fixed amount, at your own price or as a gift. To begin, agree on the terms; both of you then sign them in the wallet, under “Sign typed data…”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End a deal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} of surplus</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} / 15 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>buy {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sell {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gift</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>until {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price, ct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} today; {1} in all; {2}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DeliveryPlot</name>
    <message>
        <source>Promised and measured power</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Promised {0}, delivered {1}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kW from the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>promised</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Promised</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DepositDialog</name>
    <message>
        <source>Deposit with the market</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Orders, fees and deals are paid out of your account with the market. It stays yours: you can withdraw what is not set aside at any time. You sign twice: first that the market may take this amount, then the deposit itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your wallet holds {0}; with the market {1} are available.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Now deposit it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This was only the permission. The deposit follows when it is in a block.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Desk</name>
    <message>
        <source>The house&apos;s own key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine is away, so nothing can be sent; start it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chain is still being checked; sending waits until it is verified.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chain is not verified now, so nothing is sent. {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DeviceCard</name>
    <message>
        <source>readings {0} · errors {1} · writes {2}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>too old</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Meter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inverter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Charger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only read, never written to.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is asked of it: it runs on its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State {0} · {1} steps on record · {2}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DevicesPage</name>
    <message>
        <source>Devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No device is connected yet. Describe them in this house&apos;s settings file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All of them are live.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} of {1} are live.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EventLine</name>
    <message>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EvidencePanel</name>
    <message>
        <source>Type the right block&apos;s hash, at least its first 8 digits:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hash of the right block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on with this block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>verified first: {0}
the other: {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is neither of the two blocks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The block that was verified first is kept; who serves the other is refused.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The other block is followed; what was read since then is read anew.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export a keystore file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file holds this account&apos;s key, encrypted with the password of your wallet. Other wallets can read it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Encrypting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the keystore file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keystore (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Files</name>
    <message>
        <source>{0} is too large to be this.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} is no text file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} cannot be read: {1}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} cannot be written: {1}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FlexibilityPage</name>
    <message>
        <source>Flexibility</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid operator asks; the house answers where it can.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Promised</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delivered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>promised</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>delivered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>earned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Do not take part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid operator has not asked for anything yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earned so far</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No request yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>requests delivered and proven: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing delivered yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This house does not take part in this request.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starts in {0}. What is delivered is drawn here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No measurement of this request.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} less from the grid, for at most {1}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} more from the grid, for at most {1}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use less</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} to {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, earned {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, {1} asked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not for us</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>offered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>accepted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>declined</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>missed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Flow</name>
    <message>
        <source>The engine prepared something else than you asked for; nothing is signed.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FlowPicture</name>
    <message>
        <source>Power flow now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is known yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}: {1}, {2}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Home: {0} in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Car</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Home</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>is away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no trade now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, {1} full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>old value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no sun now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>plugged in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>resting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at rest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from the sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>charging</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ForecastNote</name>
    <message>
        <source>forecast: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forecasts still come from rules of thumb.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forecasts begin to learn this house.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forecasts were learned from {0} days of this house.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forecast</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ahead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>off by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on average</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>too much</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>too little</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>home</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HomePage</name>
    <message>
        <source>Home</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Right now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No device is connected yet. Describe your meter, inverter and charger in the settings file of this house; they then appear here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What happens next, and why</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kW</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the first values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The house is at rest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All power comes from the sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All power comes from the battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All power comes from neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All power comes from the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All power comes from the car</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Power comes from several sources</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most power comes from the sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most power comes from the battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most power comes from neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most power comes from the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Most power comes from the car</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LabelDialog</name>
    <message>
        <source>Label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rent of the garage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LadderPlot</name>
    <message>
        <source>Offers and wishes by price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No orders yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} wanted, {1} offered, not cleared yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} change hands at {1}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier asks {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier pays {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>neighbours&apos; price {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>grid&apos;s limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wanted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>offered</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>Sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Battery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Home</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Car</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colours of the plot</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LimitsDialog</name>
    <message>
        <source>Limits of the house&apos;s key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Spend in a day at most, {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offer for sale in a day at most, kWh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lowest price, ct/kWh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Highest price, ct/kWh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Until</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may trade with the neighbours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may answer the grid operator.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The contract holds the key to these limits, whatever this program does.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look it over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>for {0} days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as now, until {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The highest price is below the lowest.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One of these limits is larger than the contract can hold.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LogPage</name>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the house noticed and decided, newest first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>warning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fault</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing to tell yet.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Market</name>
    <message>
        <source>in your zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the wider zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the widest zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Buys {0} at {1} or less</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sells {0} at {1} or more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>plus {0} ct for the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>being prepared</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>placed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>too late</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cleared</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>settled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was bought: too little was offered at this price.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was sold: too little was wanted at this price.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bought {0} of {1} at {2}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sold {0} of {1} at {2}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid operator lets {0} through at most.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid was the limit: {0} and no more, so some orders stayed unfilled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid operator let {0} through at most; less was traded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sold {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bought {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traded with neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At the uniform clearing price of the interval.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The rest, with your supplier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was metered less what was traded, at your tariff.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use of the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The use-of-system charge for what neighbours delivered.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept to the promise</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Broken promise</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reward or penalty for what was traded against what was metered.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shared at the middle price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The mid-market rate against your tariff, as the market was thin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Direct deals at their own price, against your tariff.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>estimated</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>final</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>settled, not final yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today the same as with the supplier alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved {0} today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cost {0} more today than the supplier alone</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MarketAccountCard</name>
    <message>
        <source>With the market</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Orders, fees and deals are paid out of it; it is yours to withdraw.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Available with the market</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held in escrow by the market until the interval is settled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Withdraw</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} set aside for orders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a part of what you sell repays your loan</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MarketPage</name>
    <message>
        <source>Market</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No fuss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the market is thin, share the middle price with other such members (the mid-market rate) instead of being left with the supplier.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause trading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who wants, who offers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wider</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Widest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No orders yet for the next interval.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Neighbours&apos; price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The uniform clearing price of the last interval: everybody pays the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No interval has been cleared yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the middle price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give up the middle price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume trading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your account with the market runs low.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trading is paused; orders already placed stand.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Orders for {0} are taken for another {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ct/kWh upwards, kWh to the right</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>for {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>block {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier asks {0}, pays {1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Mix</name>
    <message>
        <source>Your own sun</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen neighbours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Neighbours, certified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Neighbours, other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your supplier</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MixBars</name>
    <message>
        <source>Where your energy came from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing used</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MixCard</name>
    <message>
        <source>Where your energy came from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By hour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This shows hour by hour how much came from your own sun, from neighbours, from neighbours you chose, and from your supplier. No hour is known to this house yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Together</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MoneyTile</name>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today&apos;s money: open the wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing settled yet today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with the supplier alone: {0} {1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MovedCard</name>
    <message>
        <source>What was moved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as table…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was moved yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{0}” waits for its block.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed up…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Label…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>When</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>block {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This year</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last year</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MovingDialog</name>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look it over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter an amount above nothing, such as 12.50.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>NeighboursTile</name>
    <message>
        <source>Neighbours today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Neighbours: open the market</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bought from neighbours today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sold to neighbours today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bought</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no trade yet today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at {0} on average</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>NextUp</name>
    <message>
        <source>Nothing is planned yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing to do in the next hours: the house runs as it is.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OffersCard</name>
    <message>
        <source>Suppliers&apos; offers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose this offer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It counts from the next period on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Here suppliers compete for you. No offer is known to this house; until you choose one, your tariff stays as it is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Here suppliers compete for you: what a kWh costs, what yours earns, the monthly fee. None has published an offer yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a supplier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from the next period on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Supplier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asks, ct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pays, ct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A month</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OrderCurve</name>
    <message>
        <source>Your order as a curve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier asks {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier pays {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} at {1} ct</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OrdersCard</name>
    <message>
        <source>My orders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No order yet: the house places them on its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>buy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sell</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} at {1} ct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limit, ct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OverrideRow</name>
    <message>
        <source>By plan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Charge now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hold the charge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>until {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For four hours: {0}, by the plan around it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OwnOrderCard</name>
    <message>
        <source>My order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your next order shows here, as a curve: how much at which price, and why.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>for {0}, {1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PartsCard</name>
    <message>
        <source>How it came about</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose an interval to see what it was made of.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same as with the supplier alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} better than the supplier alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} worse than the supplier alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Together</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The supplier alone</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Passwords</name>
    <message>
        <source>New password of the wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At least 8 characters. Nobody can reset it: without it only the backup helps.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Password of the wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same once more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the password of your wallet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The two passwords differ; enter both again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Plot</name>
    <message>
        <source>Copy as image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PricePlot</name>
    <message>
        <source>Neighbours&apos; price so far</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last price {0}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier asks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier pays</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traded</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Progress</name>
    <message>
        <source>It waits for long. You can speed it up or cancel it in the list.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent to the chain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In block {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In a block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Final</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chain took it and refused what it asks for: nothing was moved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No block took it, and the chain has forgotten it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another transaction took its place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can close this: the house follows it on its own.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Proofs</name>
    <message>
        <source>Save proof…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} (Ctrl+{1})</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReceiveDialog</name>
    <message>
        <source>Receive</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To which account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount, if you like</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Request to pay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no account yet; create or import one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This code holds the address and nothing else.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This code asks for credits of your community, for a wallet that reads it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>QR code: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Recipient</name>
    <message>
        <source>To</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name, address 0x… or payment link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address book</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody in your address book has this name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What arrived is not what was copied. Another program may be changing your clipboard; enter the address by hand or as a QR code&apos;s link.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RedeemDialog</name>
    <message>
        <source>Give credits back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The credits leave your account, and the community owes you their worth.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look it over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter an amount above nothing, such as 12.50.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RemoveDialog</name>
    <message>
        <source>Remove the account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Removing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its key is erased from this computer. Only your backup brings it back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It leaves the list; you can add it again at any time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is no longer watched.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RenameDialog</name>
    <message>
        <source>Rename the account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SelfTile</name>
    <message>
        <source>Self-sufficiency</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Self-sufficiency today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known yet today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of {0} used today was your own</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SendDialog</name>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amount</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look it over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Credits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coins of the chain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This account holds {0}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What this account holds is not proven yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter first to whom: the fee depends on it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The fee alone is more than this account holds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the fee…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter who gets it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter an amount above nothing, such as 12.50.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServicesCard</name>
    <message>
        <source>Shared by the community</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Charging points, a shared battery: what the community adds shows here with its price, and is paid with the same credits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>closed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Moving dots</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Still arrows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep the house running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light, dark, or as the system has it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Motion</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How the flow picture shows direction.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Closing the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The house can go on running without it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the path</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings, history and log of this house are kept here:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Window {0}, engine {1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettledCard</name>
    <message>
        <source>What it came to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ct, + received, − paid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settled intervals</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No interval has been settled yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Price, ct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Came to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Supplier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All parts together: + received, − paid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the supplier alone would have come to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>estimated</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SignDialog</name>
    <message>
        <source>Password, for this one signature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The owner&apos;s key of this house is not on this computer; import it, or connect the device that holds it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading what it needs from the chain…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign and send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Then look at your {0}: it shows the same, and asks you there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0}, afterwards {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your credits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the password of your wallet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for your device…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prepare again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It was not sent. {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Signer</name>
    <message>
        <source>The signer gave an answer without end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The signer gave an answer that cannot be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The signer, which holds your keys, cannot be started; install Peerwatt anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The signer has ended; nothing was signed. Try again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The signer does not answer; nothing was signed.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Strip</name>
    <message>
        <source>Devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>simulated time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>simulated, {0}× faster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting to the engine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known while the engine is away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No device is connected yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All devices are live.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid asks for less until {0}: your house is helping</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid asks for more until {0}: your house is helping</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SupplyCard</name>
    <message>
        <source>Your supplier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prepaid, available</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set aside for orders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This program never switches anything off: your power stays on in any state.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deposit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Here stands your account with the community&apos;s supplier: what is prepaid, the monthly fee, and what to do when it runs low. Your community runs no supplier of its own yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no offer chosen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>active</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>suspended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>balance is low</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State: {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>payment is due</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>payment is due, {0} left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>supplier {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} a month</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>asks {0}, pays {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} are due</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>offer {0} from the next period on</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TakeInDialog</name>
    <message>
        <source>Import an account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>12 or 24 words of another wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keystore file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A file with one encrypted key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Raw key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>64 characters; for experts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only watch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>See what an address holds, without its key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} is plugged in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name of the account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The words, in order</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your own word, if the wallet had one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No file chosen yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Password of the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I keep the file and its password as my backup.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a keystore file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keystore (*.json *);;All (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the file first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I keep another copy of this key.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your {0} will show the address: take it only if it is the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which of its accounts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a number from 1 on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look at your device…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Encrypting…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Told</name>
    <message>
        <source>The community&apos;s {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your own account</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not in your address book</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I compared the address, block by block, with its owner&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>I know what this does, and want to sign it anyway.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Open Peerwatt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close; the house goes on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the house</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Home uses {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from the grid {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to the grid {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine is away</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TypedDialog</name>
    <message>
        <source>Sign typed data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Typed data (EIP-712), as JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A program may ask for your signature under such a text. Read it first here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Password, for this one signature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the signature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signed. Give this to whoever asked for it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look it over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Typed data (*.json);;All (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open typed data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is no JSON object; paste it whole.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no account that can sign; create or import one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Then confirm it on your device.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the password of your wallet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for your device…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Signing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WalletDialog</name>
    <message>
        <source>Working</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WalletPage</name>
    <message>
        <source>Wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Receive</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address book</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More about the wallet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Credits of the owner&apos;s account, redeemable at par with the community.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All credits of the community</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total supply: it may only change when the treasury takes or pays money.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Account {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No account yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing can be sent yet: no account of this wallet can sign.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create a wallet…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import an account…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change the password…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign typed data…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause the house&apos;s key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Let it trade again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revoke the house&apos;s key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed it up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tables (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved: {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Connecting to the engine…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start the engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine does not run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine is away; what you see is from {0}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WithdrawDialog</name>
    <message>
        <source>Withdraw from the market</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The credits go back into your wallet. Nobody can hold this up, not even while the market is paused.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can withdraw {0} now.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WordsView</name>
    <message>
        <source>The words</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>words</name>
    <message>
        <source>block {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>even</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>earned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>costs no more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>costs {0} more</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>saves {0}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} h {1} min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>just now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} ago</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>verified</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waiting for its block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not verified yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>does not match its proof</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not up to date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>coins</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>single key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only watched</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on its way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in a block</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>final</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dropped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>replaced</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
