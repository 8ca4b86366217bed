"""Pulse on a real broker while its workers and the broker are killed, paused and restarted."""
