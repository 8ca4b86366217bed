"""Rule tests: events in, alerts and verdicts expected, run through the engine itself.

Written in YAML, as `promtool test rules` has it. `document` shows one, and says what else
may stand in a file; `expansion` makes events of its rows, `run` runs it, `difference` says in
words where the outcome is another.
"""

from rules.ruletest.document import RuleTest, parse_rule_test
from rules.ruletest.run import CaseResult, run_file

__all__ = ["CaseResult", "RuleTest", "parse_rule_test", "run_file"]
