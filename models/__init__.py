"""The vocabulary: events, days, panes, members, alerts, topics, and the only code that knows JSON.

Read `events` and `decode` for what comes in, `instants` and `days` for time, `panes`,
`totals` and `members` for what is kept, `alerts` and `records` for what goes out.
"""
