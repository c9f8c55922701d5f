import pytest

from lgesynth_gui.cohort.make import add_hearts, make_cohort
from lgesynth_gui.cohort.plan import Plan, Sampling, Stop
from lgesynth_gui.synthesis import batch
from lgesynth_gui.synthesis.models import load_bundle
from tests.cohort.hearts import heart
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return load_bundle(folders=(write_bundle(tmp_path_factory.mktemp("models"), rewards=1),))


@pytest.fixture
def networks(tiny, monkeypatch):
    """Blocks are painted by networks with random weights."""
    monkeypatch.setattr(batch, "load_models", lambda model, device: tiny)


@pytest.fixture
def new_cohort(tmp_path):
    """Makes a cohort with small hearts and no sample."""

    def make(name="cohort", hearts=2, **values):
        folder = tmp_path / name
        usual = {
            "seed": 9,
            "block": 4,
            "sampling": Sampling(steps=1, guidance=0.0),
            "stop": Stop(tries=2, rounds=2),
        }
        make_cohort(folder, Plan(**(usual | values)))
        add_hearts(folder, tuple(heart(k) for k in range(hearts)))
        return folder

    return make
