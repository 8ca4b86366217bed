"""Who plays in the sample: the communities in which something goes wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Final

from streams.sample import campaigns, fading, growth
from streams.sample.community import Backlog, Community, Errand, between, counts
from streams.sample.incident import Incident, Proof
from streams.sample.instants import DAYS, local_day
from streams.sample.ladder import CHURN, ladder_proofs
from streams.sample.unreadable import EVENT_LIKE

SPEECH: Final = "speech-density-drop"
CONVERSION: Final = "share-conversion-low"
SILENT: Final = "member-silent"
RATE: Final = "share-conversion-rate-low"
STALLED: Final = "transactions-stalled"
TIERS: Final = "member-tiers"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A community in which something is planted, and what must be seen of it."""

    community: Community
    incident: Incident


def troubles(random: Random) -> tuple[Trouble, ...]:
    """The planted incidents; the same for every scale of the sample."""
    plans = (
        _dying, _broken_link, _exodus, _bot_storm, _hidden_fall, _backlog, _retries, _spoiled,
        _closed_shop, _hollow_shares,
    )  # fmt: skip
    groups = (growth.troubled(random), campaigns.troubled(random), fading.troubled(random))
    others = (Trouble(*each) for group in groups for each in group)
    return (*(plan(random) for plan in plans), *others)


def _days(first: int, last: int) -> tuple[str, str]:
    return local_day(first), local_day(last)


def _dying(random: Random) -> Trouble:
    levels = [60 * 93 ** max(0, day - 29) // 100 ** max(0, day - 29) for day in range(DAYS)]
    community = Community("book-club", "t01", "Europe/London", 60, speech=counts(random, levels))
    story = "Members speak a little less every day, until nobody does; they still read and like."
    proofs = (
        Proof(SPEECH, "firing", _days(32, 40), "threshold"),
        # As soon as eight weeks are known.
        Proof(fading.HEALTH, "firing", _days(55, 57), "threshold"),
    )
    return Trouble(community, Incident("dying community", story, community.id, proofs))


def _broken_link(random: Random) -> Trouble:
    usual = between(random, 64, 76)
    broken = tuple(
        8 + number % 23 if day in range(40, 47) else number for day, number in enumerate(usual)
    )
    community = Community(
        "side-hustle-school",
        "t02",
        "Asia/Shanghai",
        80,
        speech=counts(random, [40] * DAYS),
        conversions=broken,
        shares=9,
        offset_minutes=480,
    )
    story = (
        "For seven days the referral link is broken: as many shares, hardly a conversion. "
        "Then it is mended."
    )
    proofs = (
        Proof(CONVERSION, "firing", _days(40, 40), "threshold"),
        Proof(CONVERSION, "resolved", _days(47, 47), "recovered"),
    )
    return Trouble(community, Incident("broken referral link", story, community.id, proofs))


def _exodus(random: Random) -> Trouble:
    members, last_day = 150, 38
    gone = range(members - 45, members)
    returning = {member: 70 + 12 * place // 14 for place, member in enumerate(gone[:14])}
    leaving = {member: 72 + place for place, member in enumerate(gone[14:21])}
    errands: dict[int, tuple[Errand, ...]] = {
        last_day: tuple(Errand("task.completed", member) for member in gone)
    }
    for kind, plan in (("reply.created", returning), ("member.left", leaving)):
        for member, day in plan.items():
            errands[day] = (*errands.get(day, ()), Errand(kind, member))
    community = Community(
        "fitness-30",
        "t03",
        "America/New_York",
        members,
        speech=counts(random, [58] * DAYS),
        likes=30,
        errands=errands,
        away={member: range(last_day + 1, returning.get(member, DAYS)) for member in gone},
        # A ladder so short that all of it is seen within the sample.
        rules={CHURN: {"enabled": True, "third_days": 45, "lost_days": 50}},
    )
    ids = {member: community.member_id(member) for member in gone}
    fired = _days(last_day + 30, last_day + 30)
    proofs = (
        Proof(SILENT, "firing", fired, "threshold", 45, 45, frozenset(ids.values())),
        Proof(SILENT, "digest", fired, member_count=45),
        Proof(
            SILENT,
            "resolved",
            _days(70, 82),
            "returned",
            14,
            14,
            frozenset(ids[member] for member in returning),
        ),
        Proof(
            SILENT,
            "resolved",
            _days(72, 79),
            "left",
            7,
            7,
            frozenset(ids[member] for member in leaving),
        ),
        *ladder_proofs(ids, returning, leaving, last_day),
    )
    story = (
        "After a challenge 45 of 150 members fall silent together, while the others talk as "
        "before; 14 come back, 7 leave, the others are called back rung by rung, in vain."
    )
    return Trouble(community, Incident("member exodus", story, community.id, proofs))


def _bot_storm(random: Random) -> Trouble:
    community = Community(
        "crypto-corner",
        "t04",
        "UTC",
        60,
        speech=counts(random, [42] * DAYS),
        bot_posts=tuple(1_600 if day in range(30, 33) else 2 for day in range(DAYS)),
    )
    story = "Forty bots post 4,800 times in three days, and stop; the people talk as before."
    return Trouble(community, Incident("bot storm", story, community.id, ()))


def _hidden_fall(random: Random) -> Trouble:
    community = Community(
        "sneaker-heads",
        "t05",
        "America/New_York",
        70,
        speech=counts(random, [70] * 45 + [40] * (DAYS - 45)),
        bot_posts=tuple(140 if day in range(45, 75) else 2 for day in range(DAYS)),
    )
    story = "People fall from 70 to 40 messages a day while bots write 140 more: the whole grows."
    proofs = (
        Proof(SPEECH, "firing", _days(47, 50), "threshold"),
        Proof(SPEECH, "resolved", _days(53, 58), "recovered"),
    )
    incident = Incident("fall hidden by bots", story, community.id, proofs)
    return Trouble(community, incident)


def _backlog(random: Random) -> Trouble:
    mobile = (0, 1, 2, 5, 6, 7, 10, 11)
    outdoors = tuple(40 + member for member in mobile)
    errands: dict[int, tuple[Errand, ...]] = {
        25: tuple(Errand("task.completed", member) for member in outdoors)
    }
    for place, member in enumerate(outdoors):
        day = 49 + place % 6
        errands[day] = (*errands.get(day, ()), Errand("reply.created", member))
    community = Community(
        "mountain-guides",
        "t06",
        "Asia/Kolkata",
        60,
        speech=counts(random, [66] * DAYS),
        away={member: range(26, 60) for member in outdoors},
        errands=errands,
        backlog=Backlog(range(49, 56), arrival_day=58, mobile_in_five=3),
    )
    ids = frozenset(community.member_id(member) for member in outdoors)
    proofs = (
        Proof(SPEECH, "firing", _days(50, 55), "threshold"),
        Proof(SPEECH, "resolved", _days(58, 58), "recovered"),
        Proof(SILENT, "firing", _days(55, 55), "threshold", 8, 8, ids),
        Proof(SILENT, "digest", _days(55, 55), member_count=8),
        Proof(SILENT, "resolved", _days(49, 54), "late_data", 8, 8, ids),
    )
    story = "For seven days the mobile client cannot send; all of it arrives 2 to 10 days late."
    return Trouble(community, Incident("late backlog", story, community.id, proofs))


def _retries(random: Random) -> Trouble:
    community = Community(
        "language-exchange",
        "t07",
        "UTC",
        70,
        speech=counts(random, [78] * 50 + [54] * (DAYS - 50)),
        repeated=range(49, 66),
    )
    proofs = (
        Proof(SPEECH, "firing", _days(52, 56), "threshold"),
        Proof(SPEECH, "resolved", _days(58, 63), "recovered"),
    )
    story = "Speech falls by 31 % just when a retrying producer sends every event twice."
    return Trouble(community, Incident("duplicates", story, community.id, proofs))


def _spoiled(random: Random) -> Trouble:
    ten_days = range(60, 70)
    usual, poor = between(random, 60, 74), between(random, 42, 46)
    community = Community(
        "second-hand-tech",
        "t08",
        "Australia/Sydney",
        60,
        speech=counts(random, [40] * DAYS),
        conversions=tuple(poor[d] if d in ten_days else usual[d] for d in range(DAYS)),
        shares=8,
        spoiled=tuple(12 if day in ten_days else 0 for day in range(DAYS)),
    )
    kinds = Counter(EVENT_LIKE[count % len(EVENT_LIKE)] for count in range(12))
    rejected = {reason.value: 10 * count for reason, count in kinds.items()}
    proofs = (
        Proof(CONVERSION, "firing", _days(60, 60), "threshold"),
        Proof(CONVERSION, "resolved", _days(70, 70), "recovered"),
    )
    story = (
        "A new client spoils twelve conversions a day: whoever guessed what they say would not "
        "see that too few are left."
    )
    return Trouble(community, Incident("bad records", story, community.id, proofs, rejected))


def _closed_shop(random: Random) -> Trouble:
    community = Community(
        "paid-columns",
        "t09",
        "Asia/Shanghai",
        70,
        speech=counts(random, [44] * DAYS),
        unsold=range(56, 70),
        offset_minutes=480,
    )
    proofs = (
        Proof(STALLED, "firing", _days(62, 62), "threshold"),
        Proof(STALLED, "resolved", _days(70, 70), "recovered"),
    )
    story = "For two weeks nobody buys anything, while members talk, read and like as before."
    return Trouble(community, Incident("stalled transactions", story, community.id, proofs))


def _hollow_shares(random: Random) -> Trouble:
    usual = between(random, 2, 3)
    community = Community(
        "allotment-gardens",
        "t10",
        "Europe/London",
        60,
        speech=counts(random, [40] * DAYS),
        conversions=tuple(0 if day in range(50, 62) else usual[day] for day in range(DAYS)),
        shares=20,
        # Small as it is, it never comes near fifty conversions a day.
        rules={CONVERSION: {"enabled": False}},
    )
    proofs = (
        Proof(RATE, "firing", _days(54, 55), "threshold"),
        Proof(RATE, "resolved", _days(63, 64), "recovered"),
    )
    story = (
        "Twenty shares a day bring in two or three; then for twelve days nobody, and the members "
        "share as before."
    )
    return Trouble(community, Incident("shares in vain", story, community.id, proofs))
