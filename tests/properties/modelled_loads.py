"""Loads of a modelled source by the real planning, beside writers that never stand still."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from modelled_source import Image, ModelledSession, ModelledSource, Stamping

from shared.extraction.planning import PlanBasis, make_plan
from shared.loading.bound import Mark, keep_marks
from shared.loading.cursor import SECOND
from shared.loading.errors import FutureCursor
from shared.loading.order import TableOrder
from shared.loading.plan import LoadPlan
from shared.loading.receipt import LandedFile, Landing, Receipt, is_idle
from shared.loading.watermark import Watermark, advance

WRITERS = st.integers(0, 2)
KEYS = st.integers(0, 4)
SPANS = st.sampled_from(
    [
        1,
        1_000_000,
        SECOND // 4,
        SECOND // 2,
        SECOND,
        7 * SECOND,
        20 * SECOND,
        61 * SECOND,
        1_800 * SECOND,
    ]
).map(lambda span: max(span, 1_000))
ACTIONS = st.one_of(
    st.tuples(st.just("write"), WRITERS, KEYS),
    st.tuples(st.just("wait"), SPANS),
    st.tuples(st.just("commit"), WRITERS),
    st.tuples(st.just("write"), WRITERS, KEYS),
    st.tuples(st.just("roll back"), WRITERS),
)
GAPS = st.lists(st.lists(ACTIONS, max_size=4), max_size=5)


class Loads(RuleBasedStateMachine):
    """Random writers and loads. `stamping` is set by a subclass."""

    stamping: Stamping

    @initialize()
    def begin(self) -> None:
        self.source = ModelledSource(self.stamping)
        self.watermark: Watermark | None = None
        self.marks: tuple[Mark, ...] = ()
        self.landed: set[Image] = set()
        self.overlaps: dict[str, frozenset[Image]] = {}
        self.run_no = self.published_run_no = 0

    @rule(actions=st.lists(ACTIONS, min_size=1, max_size=6))
    def write(self, actions: Sequence[tuple[Any, ...]]) -> None:
        for action in actions:
            self.source.act(action)

    @rule(gaps=GAPS, dies=st.booleans())
    def load(self, gaps: Sequence[Sequence[tuple[Any, ...]]], *, dies: bool) -> None:
        """Load once; in the gaps between its statements the writers go on."""
        left = list(gaps)

        def meanwhile() -> None:
            for action in left.pop(0) if left else ():
                self.source.act(action)

        session = ModelledSession(self.source, meanwhile)
        self.run_no += 1
        try:
            planned = make_plan(session, self._basis())
        except FutureCursor:
            return  # the load stops and says so: nothing is lost by that
        assert planned.seen is not None
        self.marks = keep_marks(self.marks, self.stamping.cursor, planned.seen)
        meanwhile()
        if planned.plan.slices:
            self._carry_out(planned.plan, session, dies=dies)

    def _basis(self) -> PlanBasis:
        order = TableOrder(
            order_id="20260101T000000000Z-00000a",
            table=self.stamping.spec.name,
            mode="incremental",
            reason="schedule",
        )
        return PlanBasis(
            order=order,
            spec=self.stamping.spec,
            run_no=self.run_no,
            watermark=self.watermark,
            published_run_no=self.published_run_no,
            columns=(),
            marks=self.marks,
            planned_at="",
        )

    def _carry_out(self, plan: LoadPlan, session: ModelledSession, *, dies: bool) -> None:
        [part] = plan.slices
        read = session.images(part.span)
        known = self.overlaps.get(plan.overlap, frozenset()) if plan.overlap else frozenset()
        fresh = read - known
        landing = _landing(plan, len(read), len(fresh))
        if dies or is_idle(plan, landing.receipts, loaded=self.watermark is not None):
            return
        self.landed |= fresh
        above = {image for image in read if self._is_above(image, plan)}
        overlap = f"overlap-{self.run_no}" if above else None
        if overlap is not None:
            self.overlaps[overlap] = frozenset(above)
        self.published_run_no = self.run_no
        self.watermark = advance(
            self.watermark, plan.bound, run_id="r", at="", overlap=overlap, run_no=self.run_no
        )

    def _is_above(self, image: Image, plan: LoadPlan) -> bool:
        bound = plan.bound.value
        return bound is not None and image.value > self.stamping.type.parse(bound)

    @invariant()
    def nothing_may_still_appear_at_or_below_the_watermark(self) -> None:
        if self.watermark is None:
            return
        position = self.stamping.type.parse(self.watermark.position)
        for transaction in self.source.open.values():
            for image in transaction.images:
                assert image.value > position, "an open transaction writes below the watermark"
        for image in self.source.rows.values():
            assert image.value > position or image in self.landed, "a row was passed by"

    def teardown(self) -> None:
        """Once the writers are still, two loads have landed the last image of every row."""
        if not hasattr(self, "source"):
            return
        self.source.commit_all()
        for _ in range(2):
            self.source.act(("wait", 30 * 3_600 * SECOND))
            self.load(gaps=(), dies=False)
        assert set(self.source.rows.values()) <= self.landed


def _landing(plan: LoadPlan, read: int, fresh: int) -> Landing:
    file = LandedFile(path="f", name="f", rows=fresh, bytes=fresh)
    receipt = Receipt(
        slice=0,
        execution="e",
        read=read,
        landed=fresh,
        unchanged=read - fresh,
        read_at="",
        files=(file,) if fresh else (),
    )
    return Landing(run_id=plan.run_id, plan="p", receipts=(receipt,))
