import pytest

from lgesynth_gui.core.jobs import Progress, drive, told_as


def counting(ended):
    try:
        for k in range(3):
            yield Progress(k + 1, 3)
        return "result"
    finally:
        ended.append(True)


def test_that_a_job_told_in_other_words_gives_the_same_result():
    ended, heard = [], []
    job = told_as(counting(ended), lambda step: Progress(10 * step.done, 30))
    assert drive(job, heard.append) == "result"
    assert [step.done for step in heard] == [10, 20, 30]
    assert ended == [True]


def test_that_closing_it_or_stopping_it_ends_the_inner_job():
    def stop(step):
        raise KeyboardInterrupt

    closed, stopped = [], []
    job = told_as(counting(closed), lambda step: step)
    next(job)
    job.close()
    with pytest.raises(KeyboardInterrupt):
        drive(told_as(counting(stopped), stop))
    assert closed == stopped == [True]
