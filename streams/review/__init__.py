"""`pulse review`: reads snapshots, has them reviewed (`rules.review`), and writes pages.

What it needs beyond the worker (the extra `review`: Jinja, Matplotlib, statsmodels) is imported
only when the command runs.
"""
