"""Which table loads after which: cycles, and waves of tables that may load side by side."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


def find_cycles(after: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Give cycles that share no name, each as names of which every one loads after the next.

    There is none if and only if there is no cycle at all.
    """
    graph = {name: set(earlier) for name, earlier in after.items()}
    cycles: list[tuple[str, ...]] = []
    while cycle := _find_cycle(graph):
        cycles.append(cycle)
        for name in cycle:
            graph[name].clear()
    return tuple(cycles)


def cut_waves(
    chosen: Sequence[str], after: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    """Cut chosen names into waves; what stands in one wave depends only on waves before it.

    A name also waits for chosen names that it depends on by way of ones that are not chosen. The
    order within a wave is that of `chosen`. Raises graphlib.CycleError if there is a cycle.
    """
    position = {name: number for number, name in enumerate(chosen)}
    sorter = TopologicalSorter(
        {name: [other for other in _reach(name, after) if other in position] for name in chosen}
    )
    sorter.prepare()
    waves: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        waves.append(tuple(sorted(ready, key=position.__getitem__)))
        sorter.done(*ready)
    return tuple(waves)


def _find_cycle(graph: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # graphlib lists a cycle so that each name comes before, not after, the next one.
        names: list[str] = error.args[1]
        return tuple(reversed(names))
    return ()


def _reach(name: str, after: Mapping[str, Sequence[str]]) -> set[str]:
    """Give everything that a name depends on, directly or not."""
    reached: set[str] = set()
    waiting = list(after.get(name, ()))
    while waiting:
        earlier = waiting.pop()
        if earlier not in reached:
            reached.add(earlier)
            waiting.extend(after.get(earlier, ()))
    return reached
