"""Which playbooks answer what fired."""

from collections.abc import Sequence

from rules.catalogue import Catalogue, Playbook
from rules.review.history import JudgedDay


def answers(catalogue: Catalogue, rule_id: str, days: Sequence[JudgedDay]) -> list[Playbook]:
    """Return the playbooks that answer a rule's evaluations on days on which it fired.

    Each once, in the order in which they were called for. Where the evaluations do not tell the
    case (those of members, a day together), all that the rule has; none where the rule is unknown.
    """
    rule = catalogue.get(rule_id)
    if rule is None:
        return []
    evaluations = [day.evaluations[rule_id] for day in days]
    if not any(isinstance(each.get("case"), str) for each in evaluations):
        return list(rule.playbooks) if rule.definition.subject == "member" else [rule.playbook]
    books = [rule.playbook_for(evaluation) for evaluation in evaluations]
    return list({book.id: book for book in books}.values())
