"""Turns among connections: shares by weight, nobody starved, no time saved up, a worker left for the others."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runtime.lanes import Lanes

_TURNS = st.floats(0.001, 5.0)
_WEIGHTS = st.floats(0.1, 10.0)


def serve(lanes: Lanes, due: dict[str, float], turns: int) -> Counter[str]:
    """Seconds worked by connection when one worker serves ``due`` (seconds per turn) so many times."""
    worked: Counter[str] = Counter()
    for _ in range(turns):
        name = lanes.take(due, len(due))
        assert name is not None
        lanes.give_back(name, due[name])
        worked[name] += due[name]  # type: ignore[assignment]
    return worked


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(_TURNS, _WEIGHTS), min_size=2))
@settings(max_examples=60, deadline=None)
def test_those_that_always_have_work_get_time_by_their_weights(given_: dict[str, tuple[float, float]]) -> None:
    due = {name: seconds for name, (seconds, _) in given_.items()}
    weights = {name: weight for name, (_, weight) in given_.items()}
    worked = serve(Lanes(1, weights), due, 2000)
    by_weight = {name: worked[name] / weights[name] for name in due}
    # They differ by a turn or two at most, however long the turns and whatever the weights.
    longest = max(due[name] / weights[name] for name in due)
    assert max(by_weight.values()) - min(by_weight.values()) <= 2 * longest + 0.06 * max(
        1 / w for w in weights.values()
    )


@given(st.lists(st.sets(st.sampled_from("abc"), min_size=1), min_size=1, max_size=60), _TURNS)
@settings(max_examples=60, deadline=None)
def test_a_connection_with_work_waits_for_each_other_one_only_as_long_as_is_fair(
    due: list[set[str]], seconds: float
) -> None:
    lanes, waited = Lanes(1), Counter[str]()
    for names in due:
        chosen = lanes.take(names, 3)
        assert chosen in names
        lanes.give_back(chosen, seconds)
        waited = Counter({name: waited[name] + 1 for name in names - {chosen}})
        assert all(count <= 4 for count in waited.values())


def test_one_that_had_nothing_to_do_does_not_come_back_with_time_saved_up() -> None:
    lanes = Lanes(1)
    serve(lanes, {"busy": 1.0}, 1000)
    worked = serve(lanes, {"busy": 1.0, "back": 1.0}, 20)
    assert worked == {"busy": 10, "back": 10}


def test_no_connection_holds_all_workers_while_there_is_another() -> None:
    lanes = Lanes(4)
    assert [lanes.take(["slow"], 2) for _ in range(4)] == ["slow", "slow", "slow", None]
    assert lanes.take(["slow", "quick"], 2) == "quick"
    lanes.give_back("slow", 60.0)
    assert lanes.take(["slow"], 2) == "slow"


def test_the_only_connection_there_is_may_have_all_workers() -> None:
    assert [Lanes(1).take(["one"], 1), Lanes(1).take(["one"], 2)] == ["one", "one"]
    lanes = Lanes(2)
    assert [lanes.take(["one"], 1) for _ in range(3)] == ["one", "one", None]


def test_workers_that_choose_at_the_same_moment_do_not_all_choose_the_same() -> None:
    lanes = Lanes(4)
    assert Counter(lanes.take(["a", "b"], 2) for _ in range(4)) == {"a": 2, "b": 2}
