"""Tests of what is deployed beside Pulse."""
