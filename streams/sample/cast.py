"""Who plays in the sample: the communities in which something goes wrong."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from streams.sample import campaigns, fading, growth
from streams.sample.community import Backlog, Community, Errand, between, counts
from streams.sample.instants import DAYS
from streams.sample.ladder import CHURN, ladder_proofs
from streams.sample.trouble import Trouble, by_day, digest_of, fires, of_each, recovers, trouble
from streams.sample.unreadable import EVENT_LIKE

SPEECH: Final = "speech-density-drop"
CONVERSION: Final = "share-conversion-low"
SILENT: Final = "member-silent"
RATE: Final = "share-conversion-rate-low"
STALLED: Final = "transactions-stalled"
TIERS: Final = "member-tiers"


def troubles(random: Random) -> tuple[Trouble, ...]:
    """The planted incidents; the same for every scale of the sample."""
    plans = (
        _dying, _broken_link, _exodus, _bot_storm, _hidden_fall, _backlog, _retries, _spoiled,
        _closed_shop, _hollow_shares, *growth.PLANS, *campaigns.PLANS, *fading.PLANS,
    )  # fmt: skip
    return tuple(plan(random) for plan in plans)


def _dying(random: Random) -> Trouble:
    levels = [60 * 93 ** max(0, day - 29) // 100 ** max(0, day - 29) for day in range(DAYS)]
    community = Community("book-club", "t01", "Europe/London", 60, speech=counts(random, levels))
    story = "Members speak a little less every day, until nobody does; they still read and like."
    proofs = (
        fires(SPEECH, 32, 40),
        # As soon as eight weeks are known.
        fires(fading.HEALTH, 55, 57),
    )
    return trouble("dying community", story, community, *proofs)


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
    proofs = (fires(CONVERSION, 40), recovers(CONVERSION, 47))
    return trouble("broken referral link", story, community, *proofs)


def _exodus(random: Random) -> Trouble:
    members, last_day = 150, 38
    gone = range(members - 45, members)
    returning = {member: 70 + 12 * place // 14 for place, member in enumerate(gone[:14])}
    leaving = {member: 72 + place for place, member in enumerate(gone[14:21])}
    planned = [(last_day, Errand("task.completed", member)) for member in gone]
    planned += ((day, Errand("reply.created", member)) for member, day in returning.items())
    planned += ((day, Errand("member.left", member)) for member, day in leaving.items())
    community = Community(
        "fitness-30",
        "t03",
        "America/New_York",
        members,
        speech=counts(random, [58] * DAYS),
        likes=30,
        errands=by_day(planned),
        away={member: range(last_day + 1, returning.get(member, DAYS)) for member in gone},
        # A ladder so short that all of it is seen within the sample.
        rules={CHURN: {"enabled": True, "third_days": 45, "lost_days": 50}},
    )
    everyone, back, left = map(community.member_ids, (gone, returning, leaving))
    fired = last_day + 30
    proofs = (
        of_each(SILENT, "firing", "threshold", everyone, fired),
        digest_of(SILENT, 45, fired),
        of_each(SILENT, "resolved", "returned", back, 70, 82),
        of_each(SILENT, "resolved", "left", left, 72, 79),
        *ladder_proofs(everyone, back, left, last_day),
    )
    story = (
        "After a challenge 45 of 150 members fall silent together, while the others talk as "
        "before; 14 come back, 7 leave, the others are called back rung by rung, in vain."
    )
    return trouble("member exodus", story, community, *proofs)


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
    return trouble("bot storm", story, community)


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
    proofs = (fires(SPEECH, 47, 50), recovers(SPEECH, 53, 58))
    return trouble("fall hidden by bots", story, community, *proofs)


def _backlog(random: Random) -> Trouble:
    mobile = (0, 1, 2, 5, 6, 7, 10, 11)
    outdoors = tuple(40 + member for member in mobile)
    planned = [(25, Errand("task.completed", member)) for member in outdoors]
    planned += (
        (49 + place % 6, Errand("reply.created", member)) for place, member in enumerate(outdoors)
    )
    community = Community(
        "mountain-guides",
        "t06",
        "Asia/Kolkata",
        60,
        speech=counts(random, [66] * DAYS),
        away={member: range(26, 60) for member in outdoors},
        errands=by_day(planned),
        backlog=Backlog(range(49, 56), arrival_day=58, mobile_in_five=3),
    )
    ids = community.member_ids(outdoors)
    proofs = (
        fires(SPEECH, 50, 55),
        recovers(SPEECH, 58),
        of_each(SILENT, "firing", "threshold", ids, 55),
        digest_of(SILENT, 8, 55),
        of_each(SILENT, "resolved", "late_data", ids, 49, 54),
    )
    story = "For seven days the mobile client cannot send; all of it arrives 2 to 10 days late."
    return trouble("late backlog", story, community, *proofs)


def _retries(random: Random) -> Trouble:
    community = Community(
        "language-exchange",
        "t07",
        "UTC",
        70,
        speech=counts(random, [78] * 50 + [54] * (DAYS - 50)),
        repeated=range(49, 66),
    )
    proofs = (fires(SPEECH, 52, 56), recovers(SPEECH, 58, 63))
    story = "Speech falls by 31 % just when a retrying producer sends every event twice."
    return trouble("duplicates", story, community, *proofs)


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
    proofs = (fires(CONVERSION, 60), recovers(CONVERSION, 70))
    story = (
        "A new client spoils twelve conversions a day: whoever guessed what they say would not "
        "see that too few are left."
    )
    return trouble("bad records", story, community, *proofs, rejected=rejected)


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
    proofs = (fires(STALLED, 62), recovers(STALLED, 70))
    story = "For two weeks nobody buys anything, while members talk, read and like as before."
    return trouble("stalled transactions", story, community, *proofs)


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
    proofs = (fires(RATE, 54, 55), recovers(RATE, 63, 64))
    story = (
        "Twenty shares a day bring in two or three; then for twelve days nobody, and the members "
        "share as before."
    )
    return trouble("shares in vain", story, community, *proofs)
