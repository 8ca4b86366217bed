"""Exactness under failure, simulated: the real keeper and publisher on a cluster made of lists."""
