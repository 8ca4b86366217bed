"""Runs rule tests: the same engine and the same records as the worker, without files or clock."""

from dataclasses import dataclass

from models.alerts import Digest, Snapshot, Transition
from rules.catalogue import Catalogue
from rules.configuration import Configuration, parse_configuration
from rules.documents import DocumentError
from rules.effects import Output
from rules.engine import fold, tick
from rules.policy import Policies
from rules.records import Record, Recorder
from rules.ruletest.difference import record_problems, verdict_problems
from rules.ruletest.document import Case, parse_rule_test
from rules.ruletest.expansion import NoSuchTimeError, expand
from rules.state import Partition


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case: each problem is one line; none means that it passed."""

    name: str
    problems: list[str]


def run_file(name: str, text: str, catalogue: Catalogue) -> list[CaseResult]:
    """Run all cases of the rule test file `name` whose content is `text`.

    DocumentError where the file is wrong: it names the key and the reason.
    """
    test = parse_rule_test(name, text)
    if test.rule not in catalogue:
        known = ", ".join(catalogue)
        raise DocumentError(name, "rule", f"unknown rule {test.rule!r} (known: {known})")
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if stem != test.rule:
        raise DocumentError(name, "rule", f"{test.rule!r} is not the file's name")
    return [
        _run_case(name, f"cases.{number}", case, test.rule, catalogue)
        for number, case in enumerate(test.cases)
    ]


def _run_case(
    document: str, key: str, case: Case, rule_id: str, catalogue: Catalogue
) -> CaseResult:
    configuration = _configuration(document, f"{key}.configuration", case, catalogue)
    recorder = Recorder(catalogue, configuration.deployment)
    outputs = _outputs(document, key, case, Policies(configuration, catalogue))
    records = [
        _record(output, recorder)
        for output in outputs
        if isinstance(output, Transition | Digest) and output.rule_id == rule_id
    ]
    snapshots = {
        (output.community_id, output.day): output.verdicts.get(rule_id)
        for output in outputs
        if isinstance(output, Snapshot)
    }
    problems = record_problems(case.alerts, records)
    return CaseResult(case.name, problems + verdict_problems(case.verdicts, snapshots))


def _configuration(document: str, key: str, case: Case, catalogue: Catalogue) -> Configuration:
    try:
        return parse_configuration(document, case.configuration, catalogue)
    except DocumentError as error:
        raise DocumentError(document, f"{key}.{error.key}", error.problem) from None


def _outputs(document: str, key: str, case: Case, policies: Policies) -> list[Output]:
    try:
        events = expand(case.events, lambda community: policies.of(community).calendar.name)
    except NoSuchTimeError as error:
        raise DocumentError(document, f"{key}.events", str(error)) from None
    partition = Partition(policies)
    outputs = fold(partition, events).outputs
    if case.until is not None:
        outputs += tick(partition, case.until).outputs
    return outputs


def _record(output: Transition | Digest, recorder: Recorder) -> Record:
    return recorder.digest(output) if isinstance(output, Digest) else recorder.alert(output)
