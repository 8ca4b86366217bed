"""The decisions, as pure functions: no files, no clock, no Kafka.

Read `engine` for what one record does, `close` for what the end of a day does, `lifecycle` for
when an alert begins and ends, and `measures` for the verdicts. A rule is four files: its measure,
its definition, its playbook and its rule test.
"""
