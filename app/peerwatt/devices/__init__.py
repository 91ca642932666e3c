"""Drivers for meters, inverters, batteries and EV chargers; they convert to the model's words."""
