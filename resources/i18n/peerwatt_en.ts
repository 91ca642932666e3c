<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
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
        <source>Used of today&apos;s limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may only trade, and only within these limits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of {0} today</source>
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
        <source>kept in {0}</source>
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
        <source>blocks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>proofs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This house checks every block and every figure itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{0} answers did not match and were refused.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>following</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>behind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>away</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>contradicts the others</source>
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
    <name>MarketPage</name>
    <message>
        <source>Market</source>
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
        <source>My orders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No order yet: the house places them on its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>My trades</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No interval has been settled yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume trading</source>
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
    <message>
        <source>buy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sell</source>
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
        <source>Money</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Better by</source>
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
        <source>verified, block {0}, {1}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not verified yet</source>
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
    <name>WalletPage</name>
    <message>
        <source>Wallet</source>
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
        <source>Set aside for orders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held in escrow by the market until the interval is settled.</source>
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
        <source>What was moved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was moved yet.</source>
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
        <source>block {0}</source>
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
        <source>Proof</source>
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
    <name>words</name>
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
        <source>block {0}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
