"""`lgesynth phantom`: computed hearts as files, with labels and contours."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from lgesynth_gui.cli.console import drive_shown, say, show_json
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress


class Form(StrEnum):
    """How the images are written."""

    DICOM = "dicom"
    NIFTI = "nifti"


class Domain(StrEnum):
    """How the pictures look."""

    TYPICAL = "typical"
    BROAD = "broad"
    OTHER = "other"


ANY, NONE = "any", "none"
PIXEL_MM = 1.4


def phantom(
    out: Annotated[Path, typer.Option(help="Folder for the hearts; new or empty.")],
    subjects: Annotated[int, typer.Option(min=1, max=100_000, help="How many hearts.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Heart i is drawn from (seed, i).")] = 0,
    form: Annotated[Form, typer.Option("--format", help="How images are written.")] = Form.DICOM,
    pattern: Annotated[
        str, typer.Option(help="Scar: a pattern's name, any (by how common it is), or none.")
    ] = ANY,
    domain: Annotated[
        Domain,
        typer.Option(help="Look: typical, broad, or other (noisier, softer, less contrast)."),
    ] = Domain.TYPICAL,
    pixel: Annotated[float, typer.Option(min=1.0, max=2.0, help="In-plane pixel, mm.")] = PIXEL_MM,
    sample: Annotated[
        bool, typer.Option("--sample", help="Write the bundled sample heart itself, and no other.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Write computed hearts with their labels and contours; no patient is in them."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LgeSynthError(f"{out} already exists.", "Choose a new folder with --out.")
    if sample:
        written = drive_shown(_sample(out), quiet=as_json)
    else:
        _require_pattern(pattern)
        job = _subjects(out, subjects, seed, form, pattern, domain, pixel)
        written = drive_shown(job, quiet=as_json)
    if as_json:
        show_json([{"folder": folder, "files": list(files)} for folder, files in written])
        return
    hearts = "heart" if len(written) == 1 else "hearts"
    say(f"{len(written)} computed {hearts} in {out}.")


def _require_pattern(pattern: str) -> None:
    from lgesynth_gui.anatomy.patterns import load_patterns

    known = (ANY, NONE, *(one.name for one in load_patterns()))
    if pattern not in known:
        raise LgeSynthError(f"There is no pattern {pattern!r}.", f"Known: {', '.join(known)}.")


def _sample(out: Path) -> Job:
    from lgesynth_gui.io.phantom_write import write_phantom
    from lgesynth_gui.phantom.sample import sample_study

    yield Progress(0, 1, "computing the sample heart")
    study = sample_study()
    yield Progress(0, 1, "writing")
    return ((out, write_phantom(study, out, "dicom", truth=False)),)


def _subjects(
    out: Path, subjects: int, seed: int, form: Form, pattern: str, domain: Domain, pixel: float
) -> Job:
    from lgesynth_gui.io.phantom_write import write_phantom
    from lgesynth_gui.phantom.study import make_study
    from lgesynth_gui.phantom.tissue import DOMAINS

    written = []
    out.mkdir(parents=True, exist_ok=True)
    for index in range(subjects):
        yield Progress(index, subjects, "computing hearts")
        rng = np.random.default_rng((seed, index))
        wanted = None if pattern == NONE else pattern
        study = make_study(rng, pattern=wanted, spacing=pixel, ranges=DOMAINS[domain.value])
        folder = out / f"subject-{index + 1:05d}"
        facts = {"seed": seed, "subject": index, "domain": domain.value}
        written.append((folder, write_phantom(study, folder, form.value, facts=facts)))
    return tuple(written)
