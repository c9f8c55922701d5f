import numpy as np
import pytest
import torch
from scipy import ndimage

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.utility_network import DenseUNet, downstream_network
from lgesynth_gui.evaluation.utility_phantoms import Phantom
from lgesynth_gui.evaluation.utility_synthetic import BLOCK, MOST_DRAWS, synthetic_set
from lgesynth_gui.evaluation.utility_train import (
    Mixture,
    Training,
    choice_of,
    jaccard_loss,
    read_patients,
    score_of,
    train_downstream,
)
from lgesynth_gui.evaluation.utility_wishes import wish_at
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.training.reader_data import SlicePool
from tests.evaluation.painters import BRIGHT, Nothing, Perfect, readers
from tests.evaluation.utilities import score


@pytest.fixture(scope="module")
def hosts():
    return Phantom(1, 0, scarred=False).slices()[:4]


def rings(count, rng):
    """Slices with a dark ring, a bright piece of it in every second one."""
    rows, columns = np.indices((128, 128)) - 63.5
    away = np.hypot(rows, columns)
    images, labels = [], []
    for k in range(count):
        angle = np.rad2deg(np.arctan2(-rows, columns)) % 360
        label = np.where((away > 20) & (away < 30), 2, 0)
        label[away <= 20] = 1
        if k % 2 == 0:
            label[(label == 2) & ((angle - rng.uniform(0, 360)) % 360 < 80)] = 3
        image = np.choose(label, [0.0, 0.2, -0.9, 0.9]) + rng.normal(0, 0.05, label.shape)
        images.append(image.astype(np.float16))
        labels.append(label.astype(np.uint8))
    return SlicePool(np.stack(images), np.stack(labels))


def test_that_a_scar_that_can_be_seen_is_learnt_the_same_each_time():
    pool = rings(8, np.random.default_rng(0))
    validation = (rings(4, np.random.default_rng(1)), ("a", "a", "b", "b"))
    how = Training(steps=32, batch=4)
    found = [drive(train_downstream(Mixture(pool), validation, 3, how)) for _ in range(2)]
    states = [one.network.state_dict() for one in found]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert found[0].step in range(4, 33, 4)
    (scores,) = drive(read_patients(found[0].network, *validation, levels=(0.0,)))
    assert [one.patient for one in scores] == ["a", "a", "b", "b"]
    assert np.mean([one.dice for one in scores if one.truth]) > 0.5
    assert found[0].choice == pytest.approx(choice_of(scores))


def test_that_all_arms_begin_with_the_same_weights():
    first, again, other = (downstream_network("unet", seed) for seed in (1, 1, 2))
    name = "down.0.0.weight"
    assert torch.equal(first.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])


def test_that_the_papers_encoder_is_densenet_121():
    from monai.networks.nets import DenseNet121

    theirs = DenseNet121(spatial_dims=2, in_channels=1, out_channels=2).features
    ours = DenseUNet()
    encoder = (ours.stem, ours.dense, ours.narrow, ours.norm)
    assert sum(p.numel() for one in encoder for p in one.parameters()) == sum(
        p.numel() for p in theirs.parameters()
    )
    small = DenseUNet((1, 1, 1, 1), 8, (16, 16, 8, 8, 8)).eval()
    assert small(torch.zeros(1, 1, 96, 96)).shape == (1, 2, 96, 96)


def test_that_jaccard_is_of_the_whole_batch():
    truth = torch.zeros(2, 2, 4, 4)
    truth[0, :, :2] = 1
    sure = torch.where(truth > 0, 50.0, -50.0)
    assert float(jaccard_loss(sure, truth)) == pytest.approx(0, abs=1e-6)
    none = torch.full_like(truth, -50.0)
    assert float(jaccard_loss(none, truth, smooth=0)) == pytest.approx(1)
    half = sure.clone()
    half[1, 1] = 50.0  # 16 false pixels beside 8 true ones, in the second output
    assert float(jaccard_loss(half, truth, smooth=0)) == pytest.approx((1 - 8 / 24) / 2)


def test_that_parts_and_lesions_are_counted_and_specks_dropped():
    truth = np.zeros((40, 40), bool)
    truth[5:10, 5:10] = truth[30:34, 30:34] = True
    found = np.zeros_like(truth)
    found[8:13, 8:13] = True  # 25, meets the first in 4
    found[20:24, 20:25] = True  # 20, meets none
    found[30:33, 30:33] = True  # 9: too small, though in the second
    one = score_of("a", found, truth)
    assert (one.truth, one.found, one.both) == (41, 45, 4)
    assert sorted(one.parts) == [(20, 0), (25, 4)]
    assert sorted(one.lesions) == [(16, 0), (25, 25)]
    assert one.largest == 25
    assert one.dice == pytest.approx(2 * 4 / 86)
    assert score_of("a", truth & False, truth & False).dice == 1


def test_that_weights_are_chosen_by_dice_sensitivity_and_specificity():
    scores = [score("a", 40, 40, 40), score("a", 40, 10, 10), score("b", 0, 19), score("b", 0, 25)]
    assert choice_of(scores) == pytest.approx((1 + 0.4) / 2 + 0.5 + 0.5)


def test_that_wishes_follow_from_their_number_and_alternate(hosts):
    first, again = (wish_at(hosts, 1, 0, 7) for _ in range(2))
    assert (first.conditions.labels == again.conditions.labels).all()
    assert [wish_at(hosts, 1, 0, k).name for k in range(4)] == ["pattern", "place"] * 2
    for other in ((2, 0, 7), (1, 1, 7), (1, 0, 9)):
        found = wish_at(hosts, *other)
        assert found.seed != first.seed
        assert (found.conditions.labels != first.conditions.labels).any()
    assert all(wish_at(hosts, 3, 0, k).wish.sum() >= 20 for k in range(12))


def test_that_the_first_samples_that_pass_are_kept_and_draws_are_counted(hosts, tmp_path):
    judge = readers().judge
    few, more = (
        drive(synthetic_set(tmp_path / "good", Perfect(), judge, hosts, 1, 0, n)) for n in (3, 40)
    )
    assert (len(few.pool), len(more.pool)) == (3, 40)
    assert 3 <= few.draws <= BLOCK < more.draws
    assert (more.pool.images[:3] == few.pool.images).all()
    assert len(list((tmp_path / "good").glob("block-*.npz"))) == -(-more.draws // BLOCK)
    assert more.pool.scarred.all()
    first = wish_at(hosts, 1, 0, 0)
    assert any((first.conditions.labels == one).all() for one in few.pool.labels)


def test_that_a_system_nobody_believes_is_given_up(hosts, tmp_path):
    judge = readers().judge
    none = drive(synthetic_set(tmp_path / "none", Nothing(), judge, hosts, 1, 0, 4))
    assert len(none.pool) < 4
    assert none.draws == 4 * MOST_DRAWS


class Swollen(Perfect):
    """Scar one pixel wider than it was asked for."""

    def paint(self, cases, holes, seeds):
        pictures = yield from super().paint(cases, holes, seeds)
        for case, picture in zip(cases, pictures, strict=True):
            picture[ndimage.binary_dilation(case.labels >= 3) & case.wall] = BRIGHT
        return pictures


def test_that_the_label_is_the_drawn_scar_or_the_judges(hosts, tmp_path):
    judge = readers().judge
    drawn, judged = (
        drive(
            synthetic_set(tmp_path / "wide", Swollen(), judge, hosts, 1, 0, 5, judged=one)
        ).pool.labels
        for one in (False, True)
    )
    assert len(drawn) == len(judged) == 5
    for one, other in zip(drawn >= 3, judged >= 3, strict=True):
        assert (other >= one).all()
        assert other.sum() > one.sum()
        assert dice(one, other) > 0.6
