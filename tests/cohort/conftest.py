import shutil

import pytest

from lgesynth_gui.synthesis import batch
from lgesynth_gui.synthesis.models import load_bundle
from tests.cohort.hearts import cohort_in
from tests.cohort.made import made, planned
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
    return lambda name="cohort", **values: cohort_in(tmp_path / name, **values)


@pytest.fixture(scope="session")
def made_by_hand(tmp_path_factory):
    """A cohort of seven samples that no network painted; for looking at only."""
    folder = tmp_path_factory.mktemp("by_hand") / "cohort"
    return made(planned(cohort_in(folder, seed=3)))


@pytest.fixture
def by_hand(made_by_hand, tmp_path):
    """The same, a copy of one's own."""
    return shutil.copytree(made_by_hand, tmp_path / "by_hand")
