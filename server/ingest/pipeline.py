"""Messages in, everybody's whereabouts out; belief and coordinates live and die in here."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from edge_agent import wire
from server import positioning
from server.fleet.queries import LevelView
from server.ingest.batch import Batch, Rows
from server.ingest.building import Register, Site
from server.ingest.counts import NOBODY, Met, Tally
from server.ingest.estimates import Smoother, estimates
from server.ingest.gate import Gate, gate
from server.ingest.inbox import KEEP_S, Delivery
from server.ingest.pending import Pending
from server.ingest.reader import LIVE_S, Reader
from server.ingest.tracks import Tracks
from server.places.rules import Opening
from server.positioning import Belief, Level, Windows
from server.presence.rules import POLICY, Policy, Whereabouts

COUNTS_S = 3.0  # how often counters and receivers' times are written
TRUST_S = 60.0
# How long receivers must have reported without a gap before silence means that somebody left. When
# the broker is away nobody is heard, and nobody has left.
GAP_S = 5.0
LONGEST_STEP_S = 30.0  # after a longer gap the belief is as good as new anyway


class Pipeline:
    """One loop owns it. `take` and `step` touch no database; what they want written is `pending`."""

    def __init__(
        self, site: Site, register: Register, opening: Opening, site_code: str, policy: Policy = POLICY
    ) -> None:
        self.tally = Tally()
        self.site = site
        self.register = register
        self.opening = opening
        self._belief = Belief.empty(site.model)
        self._reader = Reader(site_code, self.tally)
        self._batch = Batch()
        self._keep_s = KEEP_S
        self._tracks = Tracks(policy)
        self._smoother = Smoother(len(register.tags))
        self._gate: Gate | None = None
        self._withheld = np.zeros(len(register.tags), np.bool_)  # by badge: nothing of it may be read
        self._to_clear: set[int] = set()
        self._statuses: dict[str, wire.Status] = {}
        self._heard_at: dict[str, datetime] = {}
        self._levels_due = False
        self._stepped_s: float | None = None
        self._reported_s: float | None = None  # when receivers last reported, and since when without a gap
        self._reporting_since_s: float | None = None
        self._counts_s = -math.inf

    @property
    def tags(self) -> int:
        """How many badges are being followed."""
        return len(self._belief.tag_ids)

    @property
    def reported(self) -> int:
        """How many receivers have spoken since the last step."""
        return self._batch.receivers

    def where(self, person_id: int) -> Whereabouts | None:
        """What is known of one person."""
        return self._tracks.where(person_id)

    def restore(
        self,
        known: Mapping[int, Whereabouts],
        levels: Mapping[str, LevelView],
        clock_errors_ms: Mapping[str, int],
        now: datetime,
    ) -> None:
        """Begin where the last process stopped (RP-06).

        clock_errors_ms   how far each receiver's clock was ahead: a first message that waited somewhere for a minute
                          must not pass for one of a receiver whose clock is a minute behind
        """
        self._tracks.restore(known, now)
        self._reader.restore(clock_errors_ms)
        self._belief = Belief.empty(self.site.model, levels=_levels(levels))

    def keep_for(self, keep_s: float) -> None:
        """Believe nothing of badges that have been unheard for longer; never longer than fifteen minutes (P10)."""
        self._keep_s = min(keep_s, KEEP_S)

    def renew_site(self, site: Site, opening: Opening) -> None:
        """The building changed: a new model, the learned levels kept."""
        if site.model is not self.site.model:
            self._belief = Belief.empty(site.model, levels=self._belief.levels())
            self._batch = Batch()  # its rows count receivers of the old model
            self._tracks.keep_places(set(site.floor_ids.tolist()), set(site.zone_ids.tolist()))
        self.site, self.opening = site, opening

    def renew_register(self, register: Register) -> None:
        """Badges changed hands, or people chose anew."""
        if register.tags != self.register.tags:
            self._belief = self._belief.forget(sorted(set(self.register.tags) - set(register.tags)))
            self._smoother = Smoother(len(register.tags))
            self._batch = Batch()  # its rows count places in the old register
        self.register = register
        self._gate = None

    def take(self, deliveries: Iterable[Delivery], now: datetime, now_s: float) -> set[str]:
        """Read what arrived; returns topics whose retained sighting has to be cleared at the broker."""
        is_open = self.opening.is_open(now)
        read = self._reader.read(deliveries, self.site.agents, is_open=is_open, now=now, now_s=now_s)
        for message in read.accepted:
            receiver = self.site.receiver_of.get(message.agent)
            if receiver is None:
                self.tally.add(Met.UNKNOWN_AGENT, message.agent)
                continue
            unknown = self._batch.add(
                receiver, message.seq, message.rows, message.sent_s, now_s - LIVE_S, self.register.index
            )
            self.tally.add(Met.UNKNOWN_TAG, NOBODY, unknown)
        self._statuses.update(read.statuses)
        self._heard_at.update(dict.fromkeys(read.alive, now))
        if read.accepted:
            self._note_report(now_s)
        return read.to_clear

    def step(self, now: datetime, now_s: float) -> None:
        """Fold everything taken since the last step into the belief, and that into everybody's track."""
        batch, self._batch = self._batch, Batch()
        dt_s = 1.0 if self._stepped_s is None else min(max(now_s - self._stepped_s, 0.1), LONGEST_STEP_S)
        self._stepped_s = now_s
        if not self.opening.is_open(now):
            self._close()
            return
        self._open_gate(now)
        rows = self._readable(batch.rows())
        heard_s = np.full(len(self.register.tags), np.nan)
        np.fmax.at(heard_s, rows.tag, rows.heard_s)
        reported = batch.reported(len(self.site.receiver_of))
        self._belief, found = positioning.step(
            self.site.model, self._belief, _windows(rows, self.register.tags, heard_s, reported), dt_s=dt_s
        )
        self._forget_unheard()
        result = estimates(found, self.site, self.register, heard_s, self._smoother, dt_s, now, now_s)
        self.tally.add(Met.EXCLUDED, NOBODY, result.excluded)
        self._tracks.follow(result.fixes)
        self._tracks.age(now, may_leave=self._is_trusted(now_s))

    def start_over(self) -> None:
        """Drop the belief, which an error may have spoiled; the levels and what is known of people stay."""
        self._belief = Belief.empty(self.site.model, levels=self._belief.levels())
        self._batch = Batch()

    def ask_for_levels(self) -> None:
        """Have the learned levels written with the next step."""
        self._levels_due = True

    def pending(self, now_s: float) -> Pending:
        """What has to be written; hand it back to `written`, or to `not_written`."""
        counts_due = now_s - self._counts_s >= COUNTS_S
        return Pending(
            to_clear=frozenset(self._to_clear),
            observations=self._tracks.due(now_s),
            counts=self.tally.take() if counts_due else {},
            statuses=dict(self._statuses),
            clock_errors_ms=self._reader.clock_errors_ms() if self._statuses else {},
            heard_at=dict(self._heard_at) if counts_due else {},
            levels=_level_views(self._belief.levels()) if self._levels_due else {},
        )

    def written(self, pending: Pending, now_s: float) -> None:
        """The transaction has committed."""
        self._to_clear -= pending.to_clear
        self._tracks.written(pending.observations)
        for agent in pending.statuses:
            self._statuses.pop(agent, None)
        if pending.heard_at or pending.counts:
            self._heard_at.clear()
            self._counts_s = now_s
        if pending.levels:
            self._levels_due = False

    def not_written(self, pending: Pending) -> None:
        """The database refused or was away; everything stays due."""
        self.tally.give_back(dict(pending.counts))

    def _readable(self, rows: Rows) -> Rows:
        """The rows of badges that may be read now (P2, P5, P7).

        The others are counted under one kind: apart, a counter that moves would tell who has just paused.
        """
        withheld = self._withheld[rows.tag]
        if not withheld.any():
            return rows
        self.tally.add(Met.WITHHELD, NOBODY, int(withheld.sum()))
        return Rows._make(column[~withheld] for column in rows)

    def _open_gate(self, now: datetime) -> None:
        if self._gate is not None and now < self._gate.until:
            return
        register = self.register
        carriers = register.person_ids.tolist()
        everybody = sorted({*carriers, *self._tracks.people()})
        self._gate = gate(everybody, register.choices, register.hours, now, self.site.timezone)
        barred = self._gate.barred
        withheld = np.array([person_id in barred for person_id in carriers], np.bool_)
        newly = withheld & ~self._withheld if len(withheld) == len(self._withheld) else None
        self._withheld = withheld
        refused = [tag for tag, is_withheld in zip(register.tags, withheld.tolist(), strict=True) if is_withheld]
        if newly is None or newly.any():
            self._belief = self._belief.forget(refused)
        self._forget(barred)

    def _forget_unheard(self) -> None:
        unheard = np.flatnonzero(self._belief.tags.silent_s > self._keep_s)
        if len(unheard):
            self._belief = self._belief.forget([self._belief.tag_ids[row] for row in unheard.tolist()])

    def _forget(self, person_ids: Iterable[int]) -> None:
        known = self._tracks.known_among(person_ids)
        self._tracks.forget(known)
        self._to_clear.update(known)

    def _close(self) -> None:
        """The building has closed: nobody is anywhere (P7, P10)."""
        if len(self._tracks) or self.tags:
            self._forget(self._tracks.people())
            self._belief = Belief.empty(self.site.model, levels=self._belief.levels())

    def _note_report(self, now_s: float) -> None:
        if self._reported_s is None or now_s - self._reported_s > GAP_S:
            self._reporting_since_s = now_s
        self._reported_s = now_s

    def _is_trusted(self, now_s: float) -> bool:
        return (
            self._reported_s is not None
            and self._reporting_since_s is not None
            and now_s - self._reported_s <= GAP_S
            and now_s - self._reporting_since_s >= TRUST_S
        )


def _windows(rows: Rows, tags: tuple[str, ...], heard_s: NDArray[np.float64], reported: NDArray[np.bool_]) -> Windows:
    present = np.flatnonzero(~np.isnan(heard_s))
    place = np.zeros(len(tags), np.int32)
    place[present] = np.arange(len(present), dtype=np.int32)
    return Windows([tags[i] for i in present.tolist()], place[rows.tag], rows.receiver, rows.n, rows.mean_dbm, reported)


def _levels(views: Mapping[str, LevelView]) -> dict[str, Level]:
    return {tag: Level(view.offset_db, view.sd_db, view.n) for tag, view in views.items()}


def _level_views(levels: Mapping[str, Level]) -> dict[str, LevelView]:
    return {tag: LevelView(level.offset_db, level.sd_db, level.n) for tag, level in levels.items()}
