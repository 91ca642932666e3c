"""The community market as one house sees it: auction, trading agent, orders and settlement."""
