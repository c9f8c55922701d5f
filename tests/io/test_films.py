"""Films are never what is opened unasked, and one phase of them can be."""

import nibabel
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io import load, load_mask, nifti_read, open_path
from lgesynth_gui.io.asking import pixels_of as asked_for
from lgesynth_gui.io.decoder import Decoder
from lgesynth_gui.io.series_info import Parts
from tests.io.dicoms import BASE, dataset, enhanced, pixels_of, places, save, write_stack
from tests.io.test_nifti_read import image, voxels_of


def only(path):
    (info,) = open_path(path)
    return info


def cine(folder, slices=3, phases=8, *, left_out=(), jitter=0.0):
    """A cine: `pixels[slice, phase]`; times differ by `jitter` ms a slice."""
    pixels = pixels_of(slices * phases)
    at = [place for place in places(slices) for _ in range(phases)]
    kept = [i for i in range(len(at)) if i not in left_out]

    def time(i, ds):
        ds.TriggerTime = 40.0 * (kept[i] % phases) + jitter * (kept[i] // phases)

    write_stack(folder, pixels[kept], [at[i] for i in kept], SeriesDescription="cine", change=time)
    return pixels.reshape(slices, phases, *pixels.shape[1:])


def test_that_a_cine_is_set_aside_and_each_phase_can_be_read(tmp_path):
    pixels = cine(tmp_path / "s", jitter=3.0)
    info = only(tmp_path / "s")
    assert "cine (8 phases" in info.reason
    assert "any of its 8 phases can be opened" in info.reason
    assert (info.usable, info.aside, info.kind_of_parts) == (True, True, Parts.PHASES)
    assert (info.phases, info.slices, info.label) == (8, 3, "Series 7")
    np.testing.assert_array_equal(load(info).pixels, pixels[:, 0])
    for number, one in enumerate(info.parts, 1):
        series = load(one)
        np.testing.assert_array_equal(series.pixels, pixels[:, number - 1])
        assert series.label == f"Series 7, phase {number} of 8"
        told = f"This is phase {number} of 8, {40 * (number - 1)} ms into the heartbeat"
        assert series.notes == (f"{told}, of a film, not late enhancement.",)
    with pytest.raises(LgeSynthError, match=r"Series 7 has no phase 9. It has 8."):
        info.part(9)
    with pytest.raises(LgeSynthError, match="no phase 0"):
        info.part(0)


def test_that_any_stack_comes_before_a_film(tmp_path):
    cine(tmp_path / "a")
    head = {"BodyPartExamined": "HEAD", "ImageType": ["ORIGINAL", "PRIMARY", "P"]}
    words = {"SeriesDescription": "long t1map", "InversionTime": None}
    write_stack(tmp_path / "b", pixels_of(3), series="1.2.3.9", SeriesNumber=9, **head, **words)
    stack, film = open_path(tmp_path)
    assert (stack.label, stack.aside) == ("Series 9", False)
    assert (film.label, film.aside) == ("Series 7", True)
    assert film.score < stack.score < 0


def test_that_pictures_missing_from_a_cine_cost_their_phase_only(tmp_path):
    pixels = cine(tmp_path / "s", left_out=(8 + 2,))  # phase 3 of the middle slice
    info = only(tmp_path / "s")
    assert info.phases == 8
    np.testing.assert_array_equal(load(info.part(4)).pixels, pixels[:, 3])
    np.testing.assert_array_equal(load(info.part(3)).pixels, pixels[::2, 2])
    assert load(info.part(3)).spacing[0] == pytest.approx(17.0)
    assert load(info.part(3)).notes[0].endswith("It lacks 1 of the film's slices.")
    assert load(info.part(4)).spacing[0] == pytest.approx(8.5)


def test_that_copies_of_a_film_keep_their_labels_apart(tmp_path):
    cine(tmp_path / "a", phases=5)
    for path in (tmp_path / "a").iterdir():  # the same again, as another study
        ds = dcmread(path)
        ds.StudyInstanceUID, ds.SOPInstanceUID = "1.2.9", generate_uid()
        save(tmp_path / f"{path.name}.again", ds)
    first, second = open_path(tmp_path)
    assert (first.label, second.label) == ("Series 7", "Series 7 (2)")
    assert load(second.part(2)).label == "Series 7 (2), phase 2 of 5"


def test_that_frames_of_an_enhanced_cine_become_phases(tmp_path):
    pixels = pixels_of(12)
    ds = enhanced(pixels, [place for place in places(2) for _ in range(6)])
    for number, frame in enumerate(ds.PerFrameFunctionalGroupsSequence):
        heart = Dataset()
        heart.NominalCardiacTriggerDelayTime = 50.0 * (number % 6)
        frame.CardiacSynchronizationSequence = Sequence([heart])
    save(tmp_path / "e", ds)
    info = only(tmp_path / "e")
    assert info.phases == 6
    np.testing.assert_array_equal(load(info.part(5)).pixels, pixels.reshape(2, 6, 40, 48)[:, 4])


def test_that_a_series_of_many_pictures_a_place_can_be_read_one_by_one(tmp_path):
    pixels = pixels_of(10)
    at = [place for place in places(2) for _ in range(5)]
    write_stack(
        tmp_path / "s", pixels, at,
        change=lambda i, ds: setattr(ds, "InstanceNumber", i % 5),
    )  # fmt: skip
    info = only(tmp_path / "s")
    assert info.aside
    assert "5 pictures at each place" in info.reason
    np.testing.assert_array_equal(load(info.part(2)).pixels, pixels[1::5])


def test_that_a_film_without_places_has_pictures_without_places(tmp_path):
    pixels = pixels_of(16)
    save(tmp_path / "m", dataset(pixels, FrameTime=40))
    info = only(tmp_path / "m")
    assert info.phases == 16
    series = load(info.part(7))
    np.testing.assert_array_equal(series.pixels, pixels[6:7])
    assert not series.geometry.known


def test_that_a_film_no_phase_of_which_can_be_a_stack_stays_unusable(tmp_path):
    save(tmp_path / "m", dataset(pixels_of(16), FrameTime=40, PixelSpacing=None))
    info = only(tmp_path / "m")
    assert (info.usable, info.aside, info.parts) == (False, False, ())
    assert "cine" in info.reason
    with pytest.raises(Refused):
        load(info)
    save(tmp_path / "m", dataset(pixels_of(4), BASE))  # nothing says where frames 2 to 4 lie
    assert only(tmp_path / "m").parts == ()


@pytest.mark.parametrize("suffix", ["nii", "nii.gz", "img"])
@pytest.mark.parametrize("dtype", ["i2", "f4"])
def test_that_any_volume_of_a_4d_file_can_be_read(tmp_path, suffix, dtype):
    voxels = voxels_of((9, 8, 4, 3), dtype)
    kind = nibabel.Nifti1Pair if suffix == "img" else nibabel.Nifti1Image
    nibabel.save(image(voxels, kind=kind), tmp_path / f"film.{suffix}")
    info = only(tmp_path / f"film.{suffix}".replace("img", "hdr"))
    assert (
        info.reason == "3 volumes in time: a film, not a stack; any of its 3 phases can be opened."
    )
    assert (info.usable, info.aside, info.phases) == (True, True, 3)
    assert info.thumbnail is not None
    other = nibabel.load(tmp_path / f"film.{suffix}")
    for number in (1, 2, 3):
        series = load(info.part(number))
        expected = np.asarray(other.dataobj.get_unscaled())[..., number - 1].T
        np.testing.assert_array_equal(series.pixels, expected)
        assert f"This is phase {number} of 3 of a film, not late enhancement." in series.notes
    assert load(info).pixels_sha256 == load(info.part(1)).pixels_sha256


def test_that_a_volume_that_is_not_there_is_refused():
    """NII-02: the decoder does not read behind the last volume, whoever asks."""
    data = image(voxels_of((4, 4, 3, 2))).to_bytes()
    header = nifti_read.read_header(data)
    assert nifti_read.read_voxels(header, data, 1).shape == (3, 4, 4)
    for bad in (-1, 2):
        with pytest.raises(Refused) as refused:
            nifti_read.read_voxels(header, data, bad)
        assert refused.value.code == "NII-02"


def test_that_the_decoder_reads_the_volume_it_is_asked_for(tmp_path):
    voxels = voxels_of((4, 4, 3, 2))
    path = tmp_path / "film.nii"
    nibabel.save(image(voxels), path)
    header = nifti_read.read_header(path.read_bytes())
    decoder = Decoder()
    try:
        replies = list(decoder.ask([asked_for(path, header, 1), asked_for(path, header, 2)]))
    finally:
        decoder.close()
    good, bad = sorted((one for one in replies if one), key=lambda one: one.index)
    np.testing.assert_array_equal(good.pixels, voxels[..., 1].T)
    assert bad.refused.code == "NII-02"


def test_that_a_mask_of_several_volumes_is_refused(tmp_path):
    nibabel.save(image(voxels_of((8, 8, 4))), tmp_path / "a.nii")
    nibabel.save(image((voxels_of((8, 8, 4, 2)) > 50).astype("u1")), tmp_path / "m.nii")
    series = load(only(tmp_path / "a.nii"))
    with pytest.raises(Refused, match="2 volumes, a mask has one") as refused:
        load_mask(tmp_path / "m.nii", series)
    assert refused.value.code == "NII-08"
