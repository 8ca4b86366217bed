"""The vocabulary: events, days, panes, members, alerts, topics, and the only code that knows JSON.

Read `events` and `decode` for what comes in, `instants` and `days` for time, `panes`, `totals`,
`members` and `ledger` for what is kept, `alerts` and `schemas` for what goes out, `state`,
`stored` and `recovered` for the state as bytes.
"""
