"""Properties: what holds for every input, drawn at random."""
