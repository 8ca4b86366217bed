"""Who is core, active and potential: the lines between the circles, ties, and how members move."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Counts
from models.ledger import Person, Tier
from rules.circles import Ranking, measured, moved, tags_of
from rules.policy import Circles

CORE, ACTIVE, POTENTIAL, OBSERVER = Tier.CORE, Tier.ACTIVE, Tier.POTENTIAL, Tier.OBSERVER


def circles(core: int = 50, active: int = 85) -> Circles:
    return Circles(core, active, 7, (20, 2, 10), are_told=True)


def parted(ranking: Ranking) -> tuple[list[str], list[str], list[str]]:
    """The members of the core, the active and the potential circle."""
    both = ranking.core + ranking.active
    members = ranking.members
    return members[: ranking.core], members[ranking.core : both], members[both:]


# What each of a, b, c ... did, and who is core, active and potential by that.
ROWS = [
    ("nobody did anything", [], "", "", ""),
    ("the only one is core", [1], "a", "", ""),
    ("of two alike the second begins at the half, so it is active", [1, 1], "a", "b", ""),
    ("of two, the one who did less begins behind the half", [2, 1], "a", "b", ""),
    ("who did just less than half is followed by one more", [49, 26, 25], "ab", "c", ""),
    ("who did exactly half is not", [50, 26, 24], "a", "bc", ""),
    ("who begins one below 85 % is active", [50, 34, 16], "a", "bc", ""),
    ("who begins at 85 % is potential", [50, 35, 15], "a", "b", "c"),
    ("one member who did nearly all leaves the others potential", [96, 2, 1, 1], "a", "", "bcd"),
    ("an odd total: 50 % of 3 is 1.5, and 1 is before it", [1, 1, 1], "ab", "c", ""),
    ("85 % of 7 is 5.95, and 5 is before it", [1] * 7, "abcd", "ef", "g"),
    ("85 % of 20 is 17, and 17 is not before it", [1] * 20, "abcdefghij", "klmnopq", "rst"),
    ("the order is by number, not by id", [1, 2, 7], "c", "b", "a"),
]


@pytest.mark.parametrize(
    ("did", "core", "active", "potential"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_a_circle_is_by_what_others_did_before(
    did: list[int], core: str, active: str, potential: str
) -> None:
    counts = {chr(ord("a") + place): count for place, count in enumerate(did)}
    assert parted(measured(counts, circles())) == (list(core), list(active), list(potential))


def test_members_who_did_as_much_stand_by_id_however_they_came() -> None:
    counts = {"b": 1, "é": 1, "a": 1, "Z": 1, "c": 2}
    assert measured(counts, circles()).members == ["c", "Z", "a", "b", "é"]


# How many members there are, each of whom did as many things as stand before it, and the fifth.
FIFTHS = [(0, 0), (1, 1), (2, 2), (5, 5), (6, 6 + 5), (10, 10 + 9), (11, 11 + 10 + 9)]


@pytest.mark.parametrize(("members", "did"), FIFTHS)
def test_the_first_fifth_is_rounded_up_to_whole_members(members: int, did: int) -> None:
    counts = {f"u{number:02}": number + 1 for number in range(members)}
    ranking = measured(counts, circles())
    assert (ranking.total, ranking.top_fifth) == (sum(counts.values()), did)


counted = st.dictionaries(st.text(max_size=3), st.integers(1, 12) | st.integers(1, 10**6))
lines = st.tuples(st.integers(1, 99), st.integers(1, 99)).filter(lambda pair: pair[0] < pair[1])


@given(counted, lines)
def test_core_and_active_are_the_fewest_whose_shares_cover_their_percentages(
    counts: dict[str, int], percentages: tuple[int, int]
) -> None:
    ranking = measured(counts, circles(*percentages))
    core, active, potential = parted(ranking)
    assert core + active + potential == sorted(counts, key=lambda name: (-counts[name], name))
    for circle, percent in ((core, percentages[0]), (core + active, percentages[1])):
        done = sum(counts[name] for name in circle)
        assert 100 * done >= percent * ranking.total
        if circle:
            assert 100 * (done - counts[circle[-1]]) < percent * ranking.total


@given(counted, lines)
def test_whoever_did_more_is_in_no_lower_circle(
    counts: dict[str, int], percentages: tuple[int, int]
) -> None:
    parts = parted(measured(counts, circles(*percentages)))
    levels = [(level, counts[name]) for level, part in enumerate(parts) for name in part]
    assert all(one <= other for one, high in levels for other, low in levels if high > low)


# What is measured at each close (C, A, P, O), and what a member holds after each of them.
MOVES = [
    ("up at once, over all circles", "OPC", "OPC"),
    ("from nothing into any circle at once", "A", "A"),
    ("six closes lower are too few", "CPPPPPP", "CCCCCCC"),
    ("the seventh counts", "CPPPPPPP", "CCCCCCCP"),
    ("down to what is measured at the seventh", "CPPPPPPA", "CCCCCCCA"),
    ("down by however much", "COOOOOOO", "CCCCCCCO"),
    ("lower is lower, each close by another much", "COPAOPAP", "CCCCCCCP"),
    ("one close as before starts the count anew", "CPPPPPPCPPPPPPP", "CCCCCCCCCCCCCCP"),
    ("so does one above", "APPPPPPCPPPPPPP", "AAAAAAACCCCCCCP"),
    ("a second step down needs seven more", "CAAAAAAAPPPPPPP", "CCCCCCCAAAAAAAP"),
]
TIERS = {"C": CORE, "A": ACTIVE, "P": POTENTIAL, "O": OBSERVER}


@pytest.mark.parametrize(("letters", "held"), [pytest.param(*row[1:], id=row[0]) for row in MOVES])
def test_a_member_moves_up_at_once_and_down_after_seven_closes(letters: str, held: str) -> None:
    person, before = Person(), Tier.NONE
    for close, (letter, after) in enumerate(zip(letters, held, strict=True), 1):
        has_changed = moved(person, TIERS[letter], close, down_closes=7)
        assert (person.tier, has_changed) == (TIERS[after], TIERS[after] != before), close
        if has_changed:
            assert (person.tier_since, person.below_since) == (close, 0)
        before = TIERS[after]


TAGS = [
    ("nothing", {}, ("none", "none", "none")),
    ("one of each", {"views": 1, "purchases": 1, "brought_in": 1}, ("some", "some", "some")),
    ("one below each mark", {"views": 19, "purchases": 1, "received": 9}, ("some", "some", "some")),
    ("at each mark", {"views": 20, "purchases": 2, "received": 10}, ("high", "high", "high")),
    (
        "views and interactions, answers and invitations together",
        {"views": 8, "interactions": 12, "received": 4, "brought_in": 6},
        ("high", "none", "high"),
    ),
]


@pytest.mark.parametrize(
    ("counts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in TAGS]
)
def test_a_tag_says_how_much_each_dimension_holds(
    counts: dict[str, int], expected: tuple[str, str, str]
) -> None:
    tags = tags_of(Counts(**counts), circles())
    assert tags == dict(
        zip(("demand_intensity", "willingness_to_pay", "social_value"), expected, strict=True)
    )
