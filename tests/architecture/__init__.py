"""Tests of the house itself: who may import whom, and how large a room may be."""
