"""Runs the tutorial agent with two settings of Pulse's, so that the same plan means the same.

A dead worker is noticed after 15 s instead of 60 s, and windows of a history do not expire.
"""

from datetime import timedelta

from tests.bench.faust_tutorial.agent import app, speech

app.conf.broker_session_timeout = 15.0
app.conf.broker_heartbeat_interval = 3.0
speech.table.window.expires = timedelta(days=36_500).total_seconds()

if __name__ == "__main__":
    app.main()
