"""Pairs made by the models: the same hearts, their own scar and a painted one."""

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.study_files import read_study
from lgesynth_gui.evaluation.study_pairs import make_pairs
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"), rewards=1)


def test_that_every_host_gives_a_real_and_a_painted_picture(models, tmp_path):
    made = drive(make_pairs(str(tmp_path / "study"), 3, 5, steps=2, folders=(models,)))
    kept = read_study(tmp_path)
    assert kept.digest == made.digest
    hosts = {}
    for one in kept.pictures:
        hosts.setdefault(one.group, {})[one.synthetic] = one
    assert len(hosts) == 3
    for host in hosts.values():
        real, painted = host[False], host[True]
        assert real.scar.any()
        assert painted.scar.any()
        assert not np.array_equal(real.picture, painted.picture)
        far = np.ones_like(real.scar)
        far[16:-16, 16:-16] = False
        assert np.abs(real.picture - painted.picture)[far].mean() < 0.2, "it is the same heart"
    kinds = [one.synthetic for one in kept.pictures]
    assert kinds != sorted(kinds), "the names do not say which is which"
    again = drive(make_pairs(str(tmp_path / "again"), 3, 5, steps=2, folders=(models,)))
    assert again.digest == made.digest, "the seed decides everything"
