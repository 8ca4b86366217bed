"""The shell: Kafka, Faust, files and the command line. It moves bytes and decides nothing.

Read `replay` for the shortest way from a file to alerts, `app` for the worker.
"""

__version__ = "0.1.0"
