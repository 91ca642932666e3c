"""Weather and sun forecasts of others: formats, sources, and how far to trust them."""
