"""The same cohort on engines, on a cluster, and on one that loses a worker."""

import os
import signal
import time

import pytest
from pytest_socket import enable_socket

from lgesynth_gui.cohort.cluster import DaskPool
from lgesynth_gui.cohort.make import add_parts
from lgesynth_gui.cohort.plan import Draw, Part, Sampling, Stop
from lgesynth_gui.cohort.run import run_cohort
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.engine.pool import EnginePool

SAMPLES = 6


@pytest.fixture
def cluster():
    """Two workers, processes of their own."""
    enable_socket()
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
            dashboard_address=None,
        ) as made,
        distributed.Client(made, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


class Killing(DaskPool):
    """Kills one worker when the first blocks are out."""

    def __init__(self, client):
        super().__init__(client)
        self._victim = client.run(os.getpid)
        self._client_of_all = client

    def collect(self):
        if self._victim and len(self._out) >= 2:
            time.sleep(1.0)
            os.kill(next(iter(self._victim.values())), signal.SIGKILL)
            self._victim = None
        return super().collect()


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore")  # what a cluster says of its lost workers is its own
def test_that_engines_a_cluster_and_one_that_loses_a_worker_make_the_same_cohort(
    new_cohort, cluster
):
    found = {}
    for name, pool in (
        ("engine", lambda: EnginePool(1)),
        ("cluster", lambda: DaskPool(cluster)),
        ("killed", lambda: Killing(cluster)),
    ):
        folder = new_cohort(
            name, block=2, sampling=Sampling(steps=1, guidance=0.0, half=False), stop=Stop(tries=2)
        )
        add_parts(folder, Part(name="drawn", draw=Draw(count=SAMPLES)))
        found[name] = drive(run_cohort(folder, pool(), "cpu"))
    assert {one.hash for one in found.values()} == {found["engine"].hash}
    assert all((one.made, one.errors) == (SAMPLES, 0) for one in found.values())


def test_that_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    enable_socket()
    monkeypatch.setattr("lgesynth_gui.cohort.cluster.CONNECT_S", 0.5)
    with pytest.raises(LgeSynthError, match="does not answer"):
        DaskPool("tcp://127.0.0.1:9")
