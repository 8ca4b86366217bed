"""Pulse as it runs: real worker processes on the session's real broker."""
