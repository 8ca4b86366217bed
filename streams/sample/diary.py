"""What happens in one simulated community, written day by day as lines in the shapes of Pulse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from streams.sample.amounts import kinds_of
from streams.sample.community import Community, Errand
from streams.sample.instants import DAY, DAYS, END, HOUR, MINUTE, midnight, milliseconds, stamp
from streams.sample.unreadable import EVENT_LIKE, unreadable

Line = tuple[int, bytes]
"""Arrival in milliseconds since 1970, and the line."""

_HOURS: Final = (
    0, 1, 5, 6, 7, 7, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12, 12, 13, 13, 14, 14, 15,
    15, 16, 16, 17, 17, 17, 18, 18, 18, 19, 19, 19, 19, 20, 20, 20, 20, 20, 21, 21, 21, 21, 22,
    22, 22, 23, 23,
)  # fmt: skip
"""The hours of a day, each as often as people are about in it."""

_DEALT_IN_DAYS: Final = 4.5
"""Every member gets a turn at least once in so many days: none falls silent by chance."""

_SPEECH: Final = ("post.created", "reply.created")


class Diary:
    """Writes the days of one community, in order; the same seed writes the same bytes.

    Only `Random.random` is drawn from: it alone gives the same numbers in all versions of Python.
    """

    def __init__(self, community: Community, seed: int) -> None:
        self._community = community
        self._draw = Random(seed).random  # noqa: S311  (a simulation, no secret)
        self._deck: list[int] = []
        self._serial = 0
        self._today = 0
        self._fields: dict[str, Callable[[int], str]] = {
            "reply.created": self._target,
            "like.added": self._target,
            "like.removed": self._target,
            "share.created": self._share,
            "campaign.joined": self._campaign,
            "purchase.completed": self._amount,
            "survey.answered": self._score,
            "task.completed": self._completion,
            "content.viewed": self._completion,
        }

    def day(self, day: int) -> list[Line]:
        """All lines about this day; some of them arrive on later days."""
        self._today = day
        lines = [*self._people(day), *self._errands(day), *self._passers_by(day)]
        lines += [*self._members_reading(day), *self._strangers(day)]
        lines += self._machines(day)
        if day in self._community.repeated:
            lines += [self._again(line) for line in lines]
        lines += self._spoiled(day)
        if day == DAYS - 1:
            lines.append(self._event(milliseconds(END), "heartbeat", ""))
        return lines

    def _people(self, day: int) -> Iterator[Line]:
        community = self._community
        kinds = kinds_of(community, day)
        if day in community.hushed:
            yield from self._hushed(kinds, day)
            return
        for kind, member in zip(kinds, self._authors(len(kinds), day), strict=True):
            yield self._act(kind, member, day)

    def _hushed(self, kinds: list[str], day: int) -> Iterator[Line]:
        """A few do all the talking; whose turn it is likes, buys and shares as before."""
        spoken = [kind for kind in kinds if kind in _SPEECH]
        others = [kind for kind in kinds if kind not in _SPEECH]
        for place, kind in enumerate(spoken):
            yield self._act(kind, place % self._community.voices, day)
        for kind, member in zip(others, self._authors(len(others), day), strict=True):
            yield self._act(kind, member, day)

    def _members_reading(self, day: int) -> Iterator[Line]:
        views, members = self._community.member_views, self._community.members
        for place in range(views * day, views * (day + 1)):
            yield self._act("content.viewed", place % members, day)

    def _strangers(self, day: int) -> Iterator[Line]:
        """People who join and never do anything else, until they leave together."""
        community = self._community
        before = sum(count for other, count in community.strangers.items() if other < day)
        joining = range(before, before + community.strangers.get(day, 0))
        leaving = range(before) if day == community.strangers_leave else ()
        for kind, who in (("member.joined", joining), ("member.left", leaving)):
            for stranger in who:
                fields = f',"user_id":"{community.code}-x{stranger:03d}"'
                yield self._event(self._moment(day), kind, fields)

    def _errands(self, day: int) -> Iterator[Line]:
        for errand in self._community.errands.get(day, ()):
            yield self._act(errand.type, errand.member, day, errand.campaign)
        if day in self._community.fast_clock:
            yield self._from_fast_clock(Errand("like.added", 1), day)

    def _act(self, kind: str, member: int, day: int, campaign: str = "") -> Line:
        """One member's event, which arrives at once, within a minute, or with the backlog."""
        community = self._community
        moment = self._moment(day)
        fields = f',"user_id":"{community.member_id(member)}"'
        extra = self._fields.get(kind)
        if extra is not None:
            fields += extra(member)
        if campaign:
            fields += f',"campaign_id":"{campaign}"'
        backlog = community.backlog
        if backlog is not None and backlog.holds(member, day):
            since = moment - midnight(community.timezone, backlog.days.start)
            opened = midnight(community.timezone, backlog.arrival_day) + 9 * HOUR
            return self._event(moment, kind, fields, opened + since // (4 * len(backlog.days)))
        chance = self._draw()
        if chance < 0.1:
            return self._event(moment, kind, fields, moment + 200 + int(chance * 10 * MINUTE))
        if chance > 0.97:
            return moment, self._cloud_event(moment, kind, fields)
        return self._event(moment, kind, fields)

    def _passers_by(self, day: int) -> Iterator[Line]:
        """Votes and visits that no member is known for, and conversions: no interaction of any."""
        community = self._community
        for _ in range(community.likes // 5):
            yield self._event(self._moment(day), "like.added", "")
        for _ in range(community.conversions[day]):
            inviter = int(self._draw() * community.members)
            fields = f',"inviter_id":"{community.member_id(inviter)}"' + self._share(inviter)
            yield self._event(self._moment(day), "share.converted", fields)
        for visit in range(community.views):
            # Readers who never take part have no last interaction: they cannot fall silent.
            reader = int(self._draw() * (day + 1))
            fields = f',"user_id":"{community.code}-r{reader if visit else day:03d}"'
            if not visit:
                fields += self._inviter(day)
            kind = "content.viewed" if visit else "member.joined"
            yield self._event(self._moment(day), kind, fields + self._completion(reader))

    def _machines(self, day: int) -> Iterator[Line]:
        community = self._community
        start = midnight(community.timezone, day)
        for hour in (6, 18):
            moment = start + hour * HOUR + int(self._draw() * MINUTE)
            yield self._event(moment, "heartbeat", "")
        welcome = f',"user_id":"{community.code}-welcome","actor_kind":"system"'
        yield self._event(self._moment(day), "post.created", welcome)
        badge = f',"user_id":"{community.member_id(0)}","badge":"veteran"'
        yield self._event(self._moment(day), "badge.awarded", badge)
        for post in range(community.bot_posts[day]):
            bot = f',"user_id":"{community.code}-bot{post % 40:02d}","actor_kind":"bot"'
            kind = "reply.created" if post % 3 else "post.created"
            yield self._event(self._moment(day), kind, bot)

    def _spoiled(self, day: int) -> Iterator[Line]:
        community = self._community
        for count in range(community.spoiled[day]):
            turn, kind = divmod(count, len(EVENT_LIKE))
            number = community.spoiled[day] * day + 3 * kind + turn
            reason = EVENT_LIKE[kind]
            moment = self._moment(day)
            yield moment, unreadable(reason, number, moment, community.id, "share.converted")

    def _authors(self, count: int, day: int) -> list[int]:
        """Who does the day's things: everybody in turn, and for the rest the busiest fifth."""
        turns = min(count, int(self._community.members / _DEALT_IN_DAYS) + 1)
        core = max(1, self._community.members // 5)
        away = self._community.away
        authors = [self._deal(day) for _ in range(turns)]
        while len(authors) < count:
            member = int(self._draw() * core)
            if day not in away.get(member, ()):
                authors.append(member)
        return self._shuffled(authors)

    def _deal(self, day: int) -> int:
        away = self._community.away
        while True:
            if not self._deck:
                self._deck = self._shuffled(list(range(self._community.members)))
            member = self._deck.pop()
            if day not in away.get(member, ()):
                return member

    def _shuffled(self, items: list[int]) -> list[int]:
        for last in range(len(items) - 1, 0, -1):
            other = int(self._draw() * (last + 1))
            items[last], items[other] = items[other], items[last]
        return items

    def _moment(self, day: int) -> int:
        """A moment of the community's local day, in waking hours mostly."""
        zone = self._community.timezone
        start = midnight(zone, day)
        place = self._draw() * len(_HOURS)
        within = int((_HOURS[int(place)] + place % 1) * HOUR)
        length = midnight(zone, day + 1) - start
        return start + (within if length == DAY else within * length // DAY)

    def _event(self, moment: int, kind: str, fields: str, arrival: int | None = None) -> Line:
        community = self._community
        self._serial += 1
        received = "" if arrival is None else f',"received_at":"{stamp(arrival)}"'
        line = (
            f'{{"id":"{community.code}-{self._serial}","type":"{kind}",'
            f'"time":"{stamp(moment, community.offset_minutes)}",'
            f'"community_id":"{community.id}"{fields}{received}}}'
        )
        return (moment if arrival is None else arrival), line.encode()

    def _cloud_event(self, moment: int, kind: str, fields: str) -> bytes:
        self._serial += 1
        return (
            f'{{"specversion":"1.0","id":"{self._serial}","source":"/apps/{self._community.code}",'
            f'"type":"com.example.{kind}.v1","time":"{stamp(moment)}",'
            f'"datacontenttype":"application/json",'
            f'"data":{{"community_id":"{self._community.id}"{fields}}}}}'
        ).encode()

    def _from_fast_clock(self, errand: Errand, day: int) -> Line:
        arrival = self._moment(day)
        fields = f',"user_id":"{self._community.member_id(errand.member)}"'
        ahead = arrival + 3 * HOUR
        return self._event(ahead, errand.type, fields, arrival)

    def _again(self, line: Line) -> Line:
        """The same event once more, some seconds to ten minutes later."""
        arrival, written = line
        later = arrival + 2_000 + int(self._draw() * 10 * MINUTE)
        head, found, _ = written.rpartition(b',"received_at":')
        bare = head if found else written[:-1]
        if b'"specversion"' in written:
            bare = bare[:-1]
            return later, bare + f',"received_at":"{stamp(later)}"}}}}'.encode()
        return later, bare + f',"received_at":"{stamp(later)}"}}'.encode()

    def _inviter(self, day: int) -> str:
        community = self._community
        if day in community.uninvited:
            return ""
        return f',"inviter_id":"{community.member_id(day % min(8, community.members))}"'

    def _target(self, member: int) -> str:
        other = (member + 1 + int(self._draw() * 11)) % self._community.members
        return f',"target_user_id":"{self._community.member_id(other)}"'

    def _share(self, member: int) -> str:
        return f',"share_id":"{self._community.code}-s{member:03d}"' + self._campaign(member)

    def _campaign(self, member: int) -> str:
        return f',"campaign_id":"season-{member % 3 + 1}"'

    def _amount(self, _member: int) -> str:
        return f',"amount":{1 + int(self._draw() * 400)}.90'

    def _score(self, _member: int) -> str:
        lowest, scores = (0, 3) if self._today in self._community.unanswered else (4, 7)
        return f',"score":{lowest + int(self._draw() * scores)}'

    def _completion(self, _member: int) -> str:
        return f',"completion":{(25, 50, 75, 100)[int(self._draw() * 4)] / 100}'
