"""Did the alerts that came out show what is planted in the sample, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.sample.incident import Incident, Proof

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one incident, or about all quiet communities together."""

    name: str
    ok: bool
    sentence: str


def check(
    incidents: Sequence[Incident], quiet: Sequence[str], alerts: Iterable[Record]
) -> list[Finding]:
    """Judge the alert records of a run over the whole sample.

    Answers one finding an incident, in their order, then one for all quiet communities.
    `alerts` are the CloudEvents records of all alert topics, in any order; repeats (by `id`)
    count once. An incident is proved by its proofs and by nothing else from its community.
    """
    by_community: dict[str, list[Record]] = {}
    for record in {record["id"]: record for record in alerts}.values():
        by_community.setdefault(record["data"]["community_id"], []).append(record)
    findings = [
        _judge(incident, by_community.pop(incident.community_id, [])) for incident in incidents
    ]
    return [*findings, _judge_quiet(quiet, by_community)]


def _judge(incident: Incident, records: Sequence[Record]) -> Finding:
    faults = [fault for proof in incident.proofs if (fault := _fault(proof, records))]
    surplus = [
        record
        for record in records
        if not any(_matches(proof, record) for proof in incident.proofs)
    ]
    if surplus:
        faults.append(f"{len(surplus)} that should not be, such as {_describe(surplus[0])}")
    if faults:
        sentence = f"{incident.community_id}: {'; '.join(faults)}."
    elif incident.proofs:
        seen = ", ".join(_name(proof) for proof in incident.proofs)
        sentence = f"{incident.community_id}: {seen}, and nothing else."
    else:
        sentence = f"{incident.community_id}: nothing was raised, as it should be."
    return Finding(incident.name, not faults, sentence)


def _judge_quiet(quiet: Sequence[str], others: Mapping[str, Sequence[Record]]) -> Finding:
    loud = [community_id for community_id in quiet if community_id in others]
    strangers = sorted(others.keys() - set(quiet))
    faults = []
    if loud:
        first = _describe(others[loud[0]][0])
        faults.append(f"{len(loud)} of {len(quiet)} raised an alert: {loud[0]}, {first}")
    if strangers:
        faults.append(f"alerts about a community that is not in the sample: {strangers[0]}")
    sentence = "; ".join(faults) if faults else f"none of {len(quiet)} raised an alert"
    return Finding("quiet communities", not faults, f"{sentence}.")


def _matches(proof: Proof, record: Record) -> bool:
    data = record["data"]
    member_id = data.get("member_id")
    about_its_subject = member_id in proof.members if proof.members else member_id is None
    return (
        data["rule"]["id"] == proof.rule
        and _status(record) == proof.status
        and proof.days[0] <= data["day"] <= proof.days[1]
        and proof.reason in (None, data.get("reason"))
        and about_its_subject
        and proof.case in (None, data.get("evaluation", {}).get("case"))
    )


def _fault(proof: Proof, records: Sequence[Record]) -> str | None:
    """Why these records do not give the proof; None where they do."""
    found = [record["data"] for record in records if _matches(proof, record)]
    if not proof.fewest <= len(found) <= proof.most:
        when = " to ".join(sorted(set(proof.days)))
        return f"{_name(proof)}: {len(found)} came for {when}, {proof.fewest} should"
    missing = proof.members - {data.get("member_id") for data in found}
    if missing:
        return f"{_name(proof)}: none for {len(missing)} members, such as {min(missing)}"
    if proof.member_count is not None and found[0]["count"] != proof.member_count:
        return f"{_name(proof)}: counts {found[0]['count']} members, not {proof.member_count}"
    return None


def _name(proof: Proof) -> str:
    times = f" x {proof.fewest}" if proof.fewest > 1 else ""
    reason = "" if proof.reason in (None, "threshold") else f" ({proof.reason})"
    counted = "" if proof.member_count is None else f" of {proof.member_count}"
    case = "" if proof.case is None else f" ({proof.case})"
    return f"{proof.rule} {proof.status}{reason}{case}{counted}{times}"


def _describe(record: Record) -> str:
    data = record["data"]
    who = f" of {data['member_id']}" if data.get("member_id") else ""
    reason = f" ({data['reason']})" if data.get("reason") else ""
    return f"{data['rule']['id']} {_status(record)}{reason}{who} for {data['day']}"


def _status(record: Record) -> str:
    """`firing`, `resolved` or `digest`, from the record's type `pulse.alert.<status>.v1`."""
    return str(record["type"]).split(".")[2]
