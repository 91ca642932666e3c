"""The community's contracts: typed values from proven storage, and the data of calls to them."""
