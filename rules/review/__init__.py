"""The five-part review of a community (article, 4.1): what its snapshots say, as pure decisions.

`review` (in `rules.review.compose`) makes one frozen `Review` of a history; words, charts and
files are the shell's. Nothing is guessed: what the snapshots do not say is `Missing`, with why.
"""
