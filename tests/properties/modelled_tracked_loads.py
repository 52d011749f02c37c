"""Loads of a table whose changes are tracked, by the real planning and landing, beside its writers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from modelled_tracking import SPEC, TrackedSession, TrackedSource, Value

from shared.extraction.planning import PlanBasis, make_plan
from shared.landing.overlap import unpack
from shared.landing.slicing import SliceLanding
from shared.loading.errors import TrackingExpired, WatermarkAhead
from shared.loading.order import Mode, TableOrder
from shared.loading.plan import LoadPlan
from shared.loading.receipt import Landing, Receipt, is_idle
from shared.loading.sentinels import EMPTY
from shared.loading.watermark import Watermark, advance
from tests.unit.landing.memory_lake import MemoryLake

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WRITERS = st.integers(0, 1)
KEYS = st.integers(0, 5)
VALUES = st.sampled_from([None, 1, 2])
ACTIONS = st.one_of(
    st.tuples(st.just("write"), WRITERS, KEYS, VALUES),
    st.tuples(st.just("commit"), WRITERS),
    st.tuples(st.just("delete"), WRITERS, KEYS, VALUES),
    st.tuples(st.just("commit"), WRITERS),
    st.tuples(st.just("roll back"), WRITERS),
    st.tuples(st.just("elsewhere")),
)
FORGETTING = st.one_of(
    st.tuples(st.just("clean up"), st.integers(0, 6)),
    st.tuples(st.just("truncate")),
    st.tuples(st.just("track anew")),
)
GAPS = st.lists(st.lists(ACTIONS, max_size=4), max_size=8)


class TrackedLoads(RuleBasedStateMachine):
    """Random writers and loads. The lake is known by the current state of its keys."""

    @initialize()
    def begin(self) -> None:
        self.source = TrackedSource()
        self.watermark: Watermark | None = None
        self.identity: str | None = None
        self.current: dict[int, tuple[str, Value]] = {}
        self.digests: dict[str, frozenset[bytes]] = {}
        self.run_no = self.published_run_no = 0

    @rule(actions=st.lists(ACTIONS, min_size=1, max_size=6))
    def write(self, actions: Sequence[tuple[Any, ...]]) -> None:
        for action in actions:
            self.source.act(action)

    @rule(action=FORGETTING)
    def forget(self, action: tuple[Any, ...]) -> None:
        self.source.act(action)

    @rule(gaps=GAPS, cleaned=st.one_of(st.none(), st.integers(0, 3)), dies=st.booleans())
    def load(self, gaps: Sequence[Sequence[Any]], cleaned: int | None, *, dies: bool) -> None:
        """Load once; where the load stops, do what its remedy says."""
        left = [list(gap) for gap in gaps]
        if cleaned is not None and left:
            left[-1].append(("clean up", cleaned))
        try:
            self._run("incremental", left, dies=dies)
        except (TrackingExpired, WatermarkAhead):
            self._run("initial", left, dies=False)
            self._reconcile()

    def _run(self, mode: Mode, left: list[list[Any]], *, dies: bool) -> None:
        def meanwhile() -> None:
            for action in left.pop(0) if left else ():
                self.source.act(action)

        session = TrackedSession(self.source, meanwhile)
        self.run_no += 1
        plan = make_plan(session, self._basis(mode)).plan
        meanwhile()
        if not plan.slices:
            return
        lake = MemoryLake()
        receipts = [self._land(lake, plan, session, number) for number in range(len(plan.slices))]
        if not dies and not is_idle(plan, receipts, loaded=self.watermark is not None):
            self._publish(lake, plan, receipts)

    def _land(
        self, lake: MemoryLake, plan: LoadPlan, session: TrackedSession, number: int
    ) -> Receipt:
        part = plan.slices[number]
        known = self.digests.get(plan.overlap, frozenset()) if plan.overlap else frozenset()
        landing = SliceLanding(
            lake=lake, plan=plan, part=part, execution=f"{number}", known=known, now=lambda: NOW
        )
        with session.read(plan.spec, part.span) as reading:
            return landing.land(reading)

    def _publish(self, lake: MemoryLake, plan: LoadPlan, receipts: Sequence[Receipt]) -> None:
        landing = Landing(run_id=plan.run_id, plan="p", receipts=tuple(receipts))
        for file in sorted(landing.files, key=lambda file: file.path):
            rows = pq.read_table(pa.BufferReader(lake.read(file.path))).to_pylist()
            self.current |= {row["id"]: (row["_op"], row["v"]) for row in rows}
        pieces = [unpack(lake.read(each.overlap)) for each in receipts if each.overlap]
        overlap = f"overlap-{self.run_no}" if pieces else None
        if overlap is not None:
            self.digests[overlap] = frozenset[bytes]().union(*pieces)
        self.published_run_no = self.run_no
        self.identity = plan.identity
        self.watermark = advance(
            self.watermark, plan.bound, run_id="r", at="", overlap=overlap, run_no=self.run_no
        )

    def _reconcile(self) -> None:
        """Land deletes of keys that the source has not, as a reconciliation by keys does."""
        gone = {k for k, (op, _) in self.current.items() if op != "delete"} - set(
            self.source.state.rows
        )
        self.current |= dict.fromkeys(gone, ("delete", None))
        self.run_no += 1
        self.published_run_no = self.run_no

    def _basis(self, mode: Mode) -> PlanBasis:
        order = TableOrder(
            order_id="20260101T000000000Z-00000a", table=SPEC.name, mode=mode, reason="schedule"
        )
        return PlanBasis(
            order=order,
            spec=SPEC,
            run_no=self.run_no,
            watermark=self.watermark,
            published_run_no=self.published_run_no,
            columns=(),
            marks=(),
            planned_at="",
            identity=self.identity,
        )

    @property
    def lake(self) -> dict[int, Value]:
        """The rows that the lake says there are."""
        return {key: value for key, (op, value) in self.current.items() if op != "delete"}

    @invariant()
    def what_the_lake_has_not_is_above_the_watermark(self) -> None:
        """Unless the source has forgotten what was there: then the next load has to stop."""
        state = self.source.state
        if self.watermark is None or self._stops():
            return
        for key in self.lake.keys() | state.rows.keys():
            same = key in self.lake and key in state.rows and self.lake[key] == state.rows[key]
            above = state.changed.get(key, 0) > int(self.watermark.position)
            assert same or above, f"a change of {key} was passed by"

    def _stops(self) -> bool:
        assert self.watermark is not None
        state, position = self.source.state, int(self.watermark.position)
        was, _, empty = (self.identity or "").partition(f" {EMPTY}=")
        anew = was != self.source.identity
        same = position == state.kept_above and not state.rows.keys() - state.changed.keys()
        return anew or position < state.kept_above or (same and empty != str(position))

    def teardown(self) -> None:
        """Once the writers are still, two loads bring the lake to what the source holds."""
        if not hasattr(self, "source"):
            return
        for writer in sorted(self.source.open):
            self.source.commit(writer)
        for _ in range(2):
            self.load(gaps=(), cleaned=None, dies=False)
        assert self.lake == self.source.state.rows
