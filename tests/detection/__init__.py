"""How well rules warn before a community goes quiet, on the logs of real communities."""
