"""Workers that load one table at once, die between any two of their calls, come back late, and are swept up."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from modelled_flow import Flow, carry_out
from modelled_loads import ACTIONS
from modelled_source import ModelledSource, Stamping
from modelled_stack import Died, Stack

from activities.close_order import close_order
from shared.durable.steps import OrderEnd
from shared.loading.cursor import SECOND
from shared.loading.errors import BadOrder, ConflictError, CursorUnsound
from shared.loading.order import Order, TableOrder, instance_of
from shared.loading.span import Span
from shared.operations.correction import Corrector
from shared.operations.ordering import OrderActive, Start
from shared.operations.records import HOST_FAILED
from shared.operations.sweep import Sweep
from shared.runtime import wiring

WHICH = st.integers(0, 3)
# An activity makes some ten calls; past its last nothing happens.
CALL = st.integers(1, 16)
MOST_STEPS = 600
MODES = st.sampled_from(["incremental", "incremental", "initial", "snapshot"])


class Workers(RuleBasedStateMachine):
    """Loads of one table by the real flow and activities. `stamping` is set by a subclass."""

    stamping: Stamping

    @initialize()
    def begin(self) -> None:
        self.source = ModelledSource(self.stamping)
        self.stack = Stack(self.source)
        self.table = self.stack.spec.name
        self.flows: list[Flow] = []
        self.late: list[tuple[str, Any]] = []
        # For each request, in order: the rows that were there when it came.
        self.asked: list[dict[int, int]] = []
        self.excused = 0
        self._wiring, wiring.app = wiring.app, lambda: self.stack.app  # type: ignore[assignment]

    @rule(actions=st.lists(ACTIONS, min_size=1, max_size=6))
    def write(self, actions: Sequence[tuple[Any, ...]]) -> None:
        for action in actions:
            self.source.act(action)

    @rule()
    def ask(self) -> None:
        """An event: counted, and loaded by as few orders as will do."""
        self.asked.append({image.key: image.version for image in self.source.rows.values()})
        self._start(self.stack.desk.request([self.table], "event"))

    @rule(mode=MODES)
    def order(self, mode: Any) -> None:
        if len(self._alive()) < 4:
            self._start(self.stack.desk.load([self.table], mode=mode))

    @precondition(lambda self: self.stack.states.watermark(self.table) is not None)
    @rule(back=st.sampled_from([SECOND, 60 * SECOND, 3_600 * SECOND]))
    def backfill(self, back: int) -> None:
        mark = self.stack.states.watermark(self.table)
        if mark is None or len(self._alive()) >= 4:
            return
        cursor = self.stamping.type
        back = back // SECOND if cursor.counts else back
        span = Span(after=cursor.format(cursor.parse(mark.position) - back), upto=mark.position)
        drafted = self.stack.desk.draft_load([self.table])
        order = TableOrder(
            order_id=drafted.order_id,
            table=self.table,
            mode="backfill",
            reason="backfill",
            part=1,
            spans=(span,),
        )
        self.flows.append(Flow(order, f"{drafted.order_id}-g", self.stack))

    @rule(which=WHICH)
    def step(self, which: int) -> None:
        """Carry the activity out that a load waits for."""
        if flow := self._choose(which):
            self._step(flow)

    @rule(which=WHICH, steps=st.integers(2, 12))
    def go_on(self, which: int, steps: int) -> None:
        for _ in range(steps):
            if flow := self._choose(which):
                self._step(flow)

    @rule(which=WHICH, at=CALL, answered=st.booleans())
    def die(self, which: int, at: int, *, answered: bool) -> None:
        """The worker dies within an activity, before or after one of its calls; it will run again."""
        if flow := self._choose(which):
            self.stack.calls.arm(dies=at, late=answered)
            self._step(flow)

    @rule(which=WHICH, other=WHICH, at=CALL, actions=st.lists(ACTIONS, max_size=3))
    def between(self, which: int, other: int, at: int, actions: Sequence[tuple[Any, ...]]) -> None:
        """Between two calls of an activity another worker carries one out, and writers write."""
        flow, beside = self._choose(which), self._choose(other)
        if flow is None or beside is None:
            return

        def others() -> None:
            for action in actions:
                self.source.act(action)
            name, payload = beside.wanted
            if name != "timer":
                self._redeliver(name, payload) if beside is flow else self._step(beside)

        self.stack.calls.arm(beside=(at, others))
        self._step(flow)

    @rule(which=WHICH, twice=st.booleans())
    def run_twice(self, which: int, *, twice: bool) -> None:
        """An activity is delivered twice; the answer of the first or of the second counts."""
        if (flow := self._choose(which)) and flow.wanted[0] != "timer":
            answers = [carry_out(*flow.wanted), carry_out(*flow.wanted)]
            self._answer(flow, answers[int(twice)])

    @rule(which=st.integers(0, 30))
    def come_late(self, which: int) -> None:
        """An activity of long ago is carried out once more, or one whose load was ended for the first time."""
        if self.late:
            self._redeliver(*self.late[which % len(self.late)])

    @rule(which=WHICH)
    def terminate(self, which: int) -> None:
        """An orchestration is ended from outside; its last activity is still on its way."""
        if flow := self._choose(which):
            if flow.wanted[0] != "timer":
                self.late.append(flow.wanted)
            flow.ended = True

    @rule()
    def sweep(self) -> None:
        """The tick takes up what the dead have left."""
        sweep = Sweep(self.stack.desk)
        for suspect in list(sweep.suspects()):
            found = sweep.settle(suspect, self._life(suspect.instance))
            if found is not None and found.flow == "end_order":
                self._close(found.order, broke=True)
            elif found is not None:
                self._start(found)
        forgotten = sweep.forgotten()
        if forgotten:
            self._start(self.stack.desk.request(forgotten, "schedule"))
            self.asked.append({image.key: image.version for image in self.source.rows.values()})

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        flow = self._choose(which)
        if flow is not None and self.stack.ledger.order(flow.order.order_id) is not None:
            self.stack.desk.cancel(flow.order.order_id)

    @rule(which=st.integers(0, 9))
    def rerun(self, which: int) -> None:
        ended = [flow for flow in self.flows if flow.ended and flow.order.part is None]
        if not ended or len(self._alive()) >= 4:
            return
        try:
            self._start(self.stack.desk.rerun(ended[which % len(ended)].order.order_id))
        except (OrderActive, BadOrder):
            return

    @rule(back=st.sampled_from([SECOND, 30 * SECOND, 7_200 * SECOND]), version=st.booleans())
    def correct(self, back: int, *, version: bool) -> None:
        """Somebody takes the watermark back by hand."""
        mark = self.stack.states.watermark(self.table)
        if mark is None:
            return
        cursor = self.stamping.type
        corrector = Corrector(
            states=self.stack.states, spec=self.stack.spec, reason="r", now=self.stack.now()
        )
        back = back // SECOND if cursor.counts else back
        try:
            if version:
                corrector.roll_back(max(1, mark.version - 2))
            else:
                position = cursor.format(cursor.parse(mark.position) - back)
                corrector.set(position, skip=False)
        except (ConflictError, BadOrder, CursorUnsound):
            return

    def _alive(self) -> list[Flow]:
        return [flow for flow in self.flows if not flow.ended]

    def _choose(self, which: int) -> Flow | None:
        alive = self._alive()
        return alive[which % len(alive)] if alive else None

    def _life(self, instance: str) -> Any:
        known = [flow for flow in self.flows if flow.instance.startswith(instance)]
        if not known:
            return "unknown"
        return "alive" if any(not flow.ended for flow in known) else "ended"

    def _start(self, start: Start | None) -> None:
        if start is None:
            return
        order: Order = start.order
        instance = instance_of(order, self.table)
        if any(flow.instance == instance for flow in self.flows):
            return
        wanted = TableOrder(
            order_id=order.order_id,
            table=self.table,
            mode=order.mode,
            reason=order.reason,
            attempt=order.attempt,
            after=order.after,
        )
        self.flows.append(Flow(wanted, instance, self.stack))

    def _step(self, flow: Flow) -> None:
        name, payload = flow.wanted
        try:
            if name == "timer":
                self.source.act(("wait", SECOND // 2))
                flow.go_on(None)
            else:
                self._answer(flow, carry_out(name, payload))
        except Died:
            pass
        finally:
            self.stack.calls.arm()

    def _answer(self, flow: Flow, answer: Any) -> None:
        if flow.ended:
            return  # ended by somebody between its calls
        self.late = [*self.late[-20:], flow.wanted]
        flow.go_on(answer)
        if flow.ended:
            if flow.record is not None and flow.record.state != "succeeded":
                self.excused = len(self.asked)
            record = self.stack.ledger.order(flow.order.order_id)
            if record is not None and record.order.attempt == flow.order.attempt:
                self._close(record.order)

    def _redeliver(self, name: str, payload: Any) -> None:
        carry_out(name, payload)

    def _close(self, order: Order, *, broke: bool = False) -> None:
        close_order(OrderEnd(order_id=order.order_id, broke=HOST_FAILED if broke else None))

    @invariant()
    def nothing_happens_that_never_may(self) -> None:
        if not hasattr(self, "stack"):
            return
        assert self.stack.states.told == [], self.stack.states.told
        assert self.stack.bronze.doubled() == [], "an image was published twice"
        runs = {folder.rsplit("run_id=", 1)[1] for folder in self.stack.bronze.runs}
        assert runs <= self.stack.states.claimed, "a run was published without a claim"
        ended = [flow.record for flow in self.flows if flow.record is not None]
        said = {each.run_id for each in ended if each.outcome == "loaded"}
        assert said <= runs, "a run says that it has loaded what nobody sees"

    @invariant()
    def the_watermark_only_moves_forward_unless_by_hand(self) -> None:
        if not hasattr(self, "stack"):
            return
        marks = self.stack.states.history(self.table, 2)
        if len(marks) == 2 and marks[0].by == "load" and not self._began_anew(marks[0].run_id):
            parse = self.stamping.type.parse
            assert parse(marks[0].position) >= parse(marks[1].position)

    @invariant()
    def no_row_is_passed_by(self) -> None:
        mark = self.stack.states.watermark(self.table) if hasattr(self, "stack") else None
        if mark is None:
            return
        position = self.stamping.type.parse(mark.position)
        current = self.stack.bronze.current()
        for transaction in self.source.open.values():
            for image in transaction.images:
                assert image.value > position, "an open transaction writes below the watermark"
        for image in self.source.rows.values():
            if image.value <= position:
                assert current.get(image.key) == image.version, "a row was passed by"

    @invariant()
    def what_was_asked_for_and_is_called_served_is_in_the_lake(self) -> None:
        if not hasattr(self, "stack"):
            return
        served = self.stack.states.turn(self.table).served
        current = self.stack.bronze.current()
        for number in range(self.excused, min(served, len(self.asked))):
            for key, version in self.asked[number].items():
                assert current.get(key, 0) >= version, "a request was called served that was not"
        self.excused = max(self.excused, min(served, len(self.asked)))

    def _began_anew(self, run_id: str | None) -> bool:
        run = self.stack.ledger.run(run_id or "")
        return run is not None and run.mode == "initial"

    def teardown(self) -> None:
        """Once writers and killers are still, all is loaded and every request is served."""
        if not hasattr(self, "stack"):
            return
        try:
            self._come_to_rest()
        finally:
            wiring.app = self._wiring

    def _come_to_rest(self) -> None:
        self.source.commit_all()
        self.stack.calls.arm()
        for _ in range(3):
            self.source.act(("wait", 3_600 * SECOND))
            # What a dead load holds is freed by the tick, or the others would wait for ever.
            self.sweep()
            self._finish()
        self.ask()
        self._finish()
        self.nothing_happens_that_never_may()
        turn = self.stack.states.turn(self.table)
        assert turn.served == turn.requested, "a request was forgotten"
        assert turn.holder is None
        wanted = {image.key: image.version for image in self.source.rows.values()}
        assert self.stack.bronze.current() == wanted, "a row is lost"
        wrote = [(run.run_no, run.folder) for run in self.stack.states.runs_above(self.table, 0)]
        there = [(number, folder) for folder, (number, *_) in self.stack.bronze.runs.items()]
        assert wrote == sorted(there), "what is published is not what will be handed over"

    def _finish(self) -> None:
        for _ in range(MOST_STEPS):
            alive = self._alive()
            if not alive:
                return
            for flow in alive:
                self._step(flow)
        raise AssertionError(f"{len(self._alive())} loads do not come to an end")
