"""What a network sees of annotated cases: the same slices, captions of their labels, kept whole."""

import stat

import numpy as np
import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.phantom_write import write_phantom
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.training.cases import find_cases
from lgesynth_gui.training.data import Batches
from lgesynth_gui.training.local_pool import load_local_pool, make_local_pool, preview
from lgesynth_gui.training.tune import mix_for
from tests.training.annotated_files import emidec


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    root = tmp_path_factory.mktemp("annotated")
    return drive(find_cases([emidec(root, 3, scar=lambda k: k != 1)]))


def test_that_slices_of_cases_are_kept_for_their_owner(cases, tmp_path):
    path = tmp_path / "run/data/local.npz"
    pool = drive(make_local_pool(path, cases))
    assert list(pool.cases) == ["case 01"] * 4 + ["case 02"] * 4 + ["case 03"] * 4
    assert pool.pool.positive.tolist() == [True] * 3 + [False] * 5 + [True] * 3 + [False]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = drive(make_local_pool(path, []))  # read, not made
    assert again.digest == pool.digest
    part = pool.part({"case 03"})
    assert len(part) == 4
    assert part.digest != pool.digest
    wall = part.wall(0)
    assert (wall.mask == (part.pool.labels[0] >= 2)).all()
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(LgeSynthError, match="cannot be read"):
        load_local_pool(path)


def test_that_batches_of_real_slices_can_be_drawn(cases, tmp_path):
    pool = drive(make_local_pool(tmp_path / "p.npz", cases))
    batch = Batches(pool.pool, 6, mix_for(pool.pool)).draw(np.random.default_rng(0))
    assert batch["picture"].shape == (6, 1, 128, 128)
    scarred = pool.part({"case 01"}).pool
    only = type(scarred)(*(getattr(scarred, n)[:3] for n in scarred.__dataclass_fields__))
    drawn = Batches(only, 6, mix_for(only)).draw(np.random.default_rng(0))
    assert (drawn["scar"].sum(axis=(1, 2, 3)) > 0).all()


def test_that_the_preview_shows_what_is_trained_on(tmp_path):
    study = make_study(np.random.default_rng(5), n_slices=8, pattern="ischaemic_transmural")
    write_phantom(study, tmp_path / "subject-1", "nifti")
    (case,) = drive(find_cases([tmp_path]))
    seen = drive(preview(case))
    pool = drive(make_local_pool(tmp_path / "p.npz", [case]))
    used = [one for one in seen if one.used]
    assert [one.index for one in used] == pool.slices.tolist()
    assert [one.caption for one in used] == pool.pool.captions.tolist()
    assert any("enhancement" in one.caption for one in used)
    for one, picture, labels in zip(used, pool.pool.pictures, pool.pool.labels, strict=True):
        assert (one.picture == picture).all()
        assert (one.labels == labels).all()
