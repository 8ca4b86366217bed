"""A second, naive implementation of the contract, which the engine is compared with."""
