"""The worked examples and the real event logs that come with the contract."""
