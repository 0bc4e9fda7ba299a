"""What is taken in one go follows how long it takes."""

import time

from core.portions import Portion, briefly, while_time


def test_it_doubles_while_quick_and_halves_when_slow_within_its_bounds():
    portion = Portion(size=25, least=5, most=60)
    sizes = []
    for done, seconds in ((25, 0.1), (50, 0.1), (60, 1.0), (60, 2.0), (30, 2.0), (15, 9), (7, 9)):
        portion.learn(done, seconds)
        sizes.append(portion.size)
    assert sizes == [50, 60, 60, 30, 15, 7, 5]


def test_a_few_rows_say_nothing_about_many():
    portion = Portion(size=25)
    portion.learn(24, 0.0)
    assert portion.size == 25


def test_work_goes_on_until_there_is_none_or_no_time():
    left = [3, 2, 1, 0, 9]
    while_time(lambda: left.pop(0))
    assert left == [9]
    begun = time.monotonic()
    while_time(lambda: 1, seconds=0.05)
    assert time.monotonic() - begun < 5


def test_who_has_more_to_do_gets_one_portion_at_a_time():
    left = [3, 2, 1]
    with briefly():
        while_time(lambda: left.pop(0))
    assert left == [2, 1]
    while_time(lambda: left.pop(0) - 1)
    assert left == []


def test_a_full_portion_says_that_more_may_wait():
    portion = Portion(size=25)
    assert portion.timed(lambda size: size)
    assert portion.full
    assert portion.timed(lambda size: size - 1)
    assert not portion.full
