"""What a member did before falling silent, taken down when the alert begins (article, 2.2).

Kept with the member until the alert ends, so that every record of one alert tells the same.
"""

from models import ledger as names
from rules.measures.measure import TRACED_DAYS, Traces
from rules.policy import RulePolicy
from rules.state import Community


def take_down(community: Community, rule: RulePolicy, user_id: str, day: int) -> Traces | None:
    """Take the traces of a member down at the close of `day`.

    None where the rule asks for none, or nothing of the member was ever counted.
    """
    ledger, measure = community.ledger, rule.member_measure
    if ledger is None or measure is None or not measure.needs_traces(rule.setting.parameters):
        return None
    person = ledger.people.get(user_id)
    if person is None:
        return None
    spoke, viewed, received = ledger.last_days(user_id)
    traces = Traces(
        day,
        viewed,
        spoke,
        received,
        len(ledger.sums[names.VIEWS]),
        len(ledger.sums[names.RECEIVED]),
        int(ledger.since <= max(community.first_day, day - TRACED_DAYS + 1)),
    )
    person.traces = tuple(traces)
    ledger.changed_people[user_id] = person
    return traces


def give_back(community: Community, user_id: str) -> Traces | None:
    """Return what was taken down when the alert began, and forget it: the alert ends."""
    ledger = community.ledger
    person = None if ledger is None else ledger.people.get(user_id)
    if ledger is None or person is None or not person.traces:
        return None
    traces, person.traces = Traces(*person.traces), ()
    ledger.changed_people[user_id] = person
    return traces
