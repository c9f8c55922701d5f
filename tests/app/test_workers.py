import threading

from lgesynth_gui.app.workers import Workers


class Loading:
    """An engine whose models take as long as it is told."""

    def __init__(self):
        self.asked, self.killed, self.loaded = [], 0, threading.Event()

    def run(self, function, *arguments):
        self.asked.append(function.rpartition(":")[2])
        while not self.loaded.is_set():
            yield None

    def kill(self):
        self.killed += 1


def test_that_models_are_loaded_once_and_it_is_known_while_they_are(qapp, qtbot):
    engine = Loading()
    workers = Workers(engine)
    assert not workers.preparing
    workers.prepare()
    workers.prepare()
    assert workers.preparing
    with qtbot.waitSignal(workers.ready, timeout=3000):
        engine.loaded.set()
    assert not workers.preparing
    workers.prepare()
    assert workers.shutdown()
    assert engine.asked == ["prepare"]


def test_that_shutdown_does_not_wait_for_models(qapp):
    engine = Loading()
    workers = Workers(engine)
    workers.prepare()
    assert workers.shutdown()
    assert engine.killed == 1


def test_that_a_drive_that_hangs_holds_nothing_up(qapp):
    hung = threading.Event()

    def reads():
        hung.wait(30)
        yield None

    engine = Loading()
    workers = Workers(engine)
    started = threading.Event()

    def start():
        started.set()
        return reads()

    workers.file_jobs.submit(start)
    assert started.wait(3)
    assert not workers.shutdown()
    assert engine.killed == 1
    hung.set()
    assert workers.file_jobs.shutdown(5.0)
