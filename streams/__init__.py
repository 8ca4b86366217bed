"""The shell: Kafka, Faust, files and the command line. It moves bytes and decides nothing.

Read `replay` for the shortest way from a file to alerts, `worker` and `keeper` for the service,
`publish` for the order in which a batch is written.
"""

__version__ = "0.1.0"
