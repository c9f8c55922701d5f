"""Cases without contours get proposals; rings of their own stay and get the right ventricle."""

import pickle

import numpy as np

from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.contours import write_contours
from lgesynth_gui.io.nifti_write import nifti_bytes
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.training import proposals
from lgesynth_gui.training.annotated import load_case, slices_of
from lgesynth_gui.training.cases import find_cases
from lgesynth_gui.training.check import check_case


def test_that_proposals_make_a_case_of_an_image_with_a_scar_mask(tmp_path, monkeypatch):
    study = make_study(np.random.default_rng(2), n_slices=8, pattern="ischaemic_transmural")
    geometry = study.series.geometry
    (tmp_path / "x_1.nii.gz").write_bytes(nifti_bytes(study.series.pixels, geometry))
    scar = (study.labels >= 3).astype(np.uint8)
    (tmp_path / "x_1_mask.nii.gz").write_bytes(nifti_bytes(scar, geometry, labels=True))
    (case,) = drive(find_cases([tmp_path]))
    case = pickle.loads(pickle.dumps(case))  # it travels to the engine
    assert drive(check_case(case)).code == "TRN-06"
    monkeypatch.setattr(proposals, "propose_contours", lambda series, device: iter_of(study))
    found = drive(proposals.propose_for(case))
    assert found == study.contours
    outlined = case.outlined(found)
    told = drive(check_case(outlined))
    assert told.used >= 6
    assert told.scarred
    assert told.insertions == told.used


def test_that_own_rings_stay_and_get_the_insertions(tmp_path, monkeypatch):
    study = make_study(np.random.default_rng(2), n_slices=8, pattern="any")
    place = tmp_path / "Case_1"
    for folder, voxels in (("Images", study.series.pixels), ("Contours", study.labels)):
        (place / folder).mkdir(parents=True)
        data = nifti_bytes(voxels, study.series.geometry, labels=folder == "Contours")
        (place / folder / "Case_1.nii.gz").write_bytes(data)
    (case,) = drive(find_cases([tmp_path]))
    own = drive(load_case(case))
    assert drive(check_case(case)).insertions == 0
    monkeypatch.setattr(proposals, "propose_contours", lambda series, device: iter_of(study))
    found = drive(proposals.propose_for(case))
    for index in own.contours.outlined():
        assert found.slices[index].epi == own.contours.slices[index].epi
        assert found.slices[index].rv_anterior == study.contours.slices[index].rv_anterior
    write_contours(place / "Images/contours.json", HeartContours(found.slices))
    (again,) = drive(find_cases([tmp_path]))
    told = drive(check_case(again))
    assert told.insertions == told.used == len([s for s in slices_of(own) if not s.left_out])


def iter_of(study):
    yield None
    return study.contours
