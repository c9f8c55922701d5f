"""Exports a cohort as a data set: sample by sample, whole and checked, or not at all.

Everything is written into a hidden folder beside the target and becomes visible in one rename.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lgesynth_gui import __version__
from lgesynth_gui.cohort.data_card import CARD, Facts, data_card
from lgesynth_gui.cohort.export_cases import (
    LabelSource,
    Picture,
    control_pictures,
    pictures_of,
    splits_of,
    transmurality_of,
)
from lgesynth_gui.cohort.export_choice import (
    DATASETS,
    SINGLE,
    Choices,
    Chosen,
    Kept,
    choose,
    require_choices,
)
from lgesynth_gui.cohort.export_trail import noted
from lgesynth_gui.cohort.hosts import Host, Shelf
from lgesynth_gui.cohort.index import Index
from lgesynth_gui.cohort.manifest import Manifest, row_of
from lgesynth_gui.cohort.plan import PLAN, Plan, read_plan
from lgesynth_gui.cohort.results import result_of_sample
from lgesynth_gui.cohort.review import Final, heads_of
from lgesynth_gui.cohort.samples import FIX, read_record
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.atomic import Transaction, canonical, require_free_space
from lgesynth_gui.io.chain import chained, head_of
from lgesynth_gui.io.conformance import problems_of
from lgesynth_gui.io.datasets import (
    EMIDEC_NOTE,
    DatasetCase,
    emidec_case,
    emidec_note,
    labels_file,
    nnunet_case,
    nnunet_root,
    nnunet_table,
)
from lgesynth_gui.io.export import EXPORTING
from lgesynth_gui.io.export_files import PROVENANCE, files_of
from lgesynth_gui.io.failures import told
from lgesynth_gui.io.marks import NOTICE, SYNTHETIC
from lgesynth_gui.io.origins import NEW_SUBJECT
from lgesynth_gui.io.provenance import identifiers_of, library_versions, record_of, sha256_of

FORMAT = "lgesynth cohort provenance"
SPLITS = f"{SYNTHETIC}_splits_final.json"
CONTROL_NAME = "CONTROL"
BESIDE = "Cohort sample {}, painted beside others; painted alone its last grey levels differ."


@dataclass(frozen=True)
class Exported:
    """What an export came to.

    Args:
        folder: Where it is.
        samples: Painted samples in it.
        controls: Untouched originals in it.
        images: Rows of its manifest.
        left_out: Samples that are not in it, by why.
        files: In it, without the checksums.
    """

    folder: Path
    samples: int
    controls: int
    images: int
    left_out: Mapping[str, int]
    files: int


def export_cohort(folder: Path, out: Path, choices: Choices) -> Job:
    """Write the kept samples of a cohort into a new folder.

    Args:
        folder: The cohort's.
        out: Must not exist, or be empty.
        choices: What and how.

    Returns:
        A job that returns `Exported`.

    Raises:
        LgeSynthError: nothing to export, a reason that is too short or for a sample that is no
            FAIL, a damaged sample, a folder in use, too little space, or a check that failed.
    """
    require_choices(choices)
    plan = read_plan(folder / PLAN)
    chosen: Chosen = yield from choose(folder, choices)
    work = _Export(folder, plan, choices, chosen)
    needed = yield from work.needed()
    require_free_space(out, needed)
    with noted(folder, choices, chosen), told(out, needed, EXPORTING), Transaction(out) as stage:
        yield from work.write(stage)
    return work.outcome(out)


@dataclass
class _Counts:
    origins: Counter[str] = field(default_factory=Counter)
    bins: Counter[tuple[str, str]] = field(default_factory=Counter)
    segments: Counter[int] = field(default_factory=Counter)
    hearts: Counter[str] = field(default_factory=Counter)
    models: dict[str, str] = field(default_factory=dict)
    overridden: int = 0
    fixed: int = 0
    images: Counter[str] = field(default_factory=Counter)


class _Export:
    """One export, from the choice of samples to the last file."""

    def __init__(self, folder: Path, plan: Plan, choices: Choices, chosen: Chosen) -> None:
        self.folder, self.plan, self.choices, self.chosen = folder, plan, choices, chosen
        self._host = Shelf(folder, plan.hosts)
        self._counts = _Counts()
        self._written: Counter[str] = Counter()
        self._files = 0

    def outcome(self, out: Path) -> Exported:
        return Exported(
            out,
            self._written["samples"],
            self._written["controls"],
            self._written["images"],
            dict(self.chosen.left),
            self._files,
        )

    def needed(self) -> Job:
        """About how many bytes it takes: as many as the stacks, in every format."""
        total = 0
        for heart, count in self.chosen.hearts.items():
            total += count * self._host(heart).series.pixels.nbytes
            yield None
        return total * len(self.choices.formats)

    # -- writing

    def write(self, stage: Path) -> Job:
        """Every file of the export."""
        head = {
            "label_source": self.choices.label.value,
            "cohort_sha256": self.chosen.cohort_sha256,
        }
        folds: dict[str, list[str]] = {}
        with Manifest(stage, head) as manifest:
            for place, kept in enumerate(self.chosen.kept):
                yield Progress(place, len(self.chosen.kept), "writing samples")
                record, found = read_record(self.folder, kept.number)
                if found != kept.sha256 or record["heart"] not in self._host:
                    raise LgeSynthError(
                        f"Sample {kept.number} is not the one the index knows.",
                        "Make the index anew: lgesynth cohort rebuild.",
                    )
                try:
                    yield from self._sample(manifest, record, kept, folds)
                except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                    raise LgeSynthError(  # somebody wrote it who is not this program
                        f"The record of sample {kept.number} cannot be used.",
                        "Check it: lgesynth cohort verify.",
                    ) from error
            self._end(manifest, folds)
            self._written["images"] = manifest.count

    def _sample(
        self,
        manifest: Manifest,
        record: Mapping[str, Any],
        kept: Kept,
        folds: dict[str, list[str]],
    ) -> Job:
        number, host = int(record["index"]), self._host(str(record["heart"]))
        result: SynthesisResult | None = None
        if record["synthetic"] is True:
            result = result_of_sample(self.folder, record, host)
            painted: Sequence[int] = result.slices
            pictures = pictures_of(host, result, self.choices.slices)
        else:
            painted = [int(one) for one in record["slices"]]
            pictures = control_pictures(host, painted)
        key = f"{CONTROL_NAME if result is None else SYNTHETIC}_{number:08d}"
        yield None
        further = {
            "record_sha256": kept.sha256,
            "host_sha256": host.entry.sha256,
            "pixels_sha256": host.entry.sha256 if result is None else result.pixels_sha256,
        }
        for picture in pictures:
            hashes = self._datasets(manifest, picture, key + picture.suffix, folds, host)
            label = self.choices.label if picture.synthetic else LabelSource.DRAWN
            manifest.row(
                row_of(
                    record,
                    kept.final,
                    kept.reviews,
                    transmurality_of(picture, host, painted),
                    {
                        **further, **hashes, "image": key + picture.suffix,
                        "part": picture.suffix.removeprefix("_"),
                        "slices": [index + 1 for index in picture.slices],
                        "painted_slices": [] if result is None else [i + 1 for i in painted],
                        "label_source": label.value,
                    },
                )
            )  # fmt: skip
            yield None
        yield from self._single(manifest, record, key, host, result, kept.final.reason, pictures)
        self._count(record, kept.final, host)

    def _datasets(
        self,
        manifest: Manifest,
        picture: Picture,
        key: str,
        folds: dict[str, list[str]],
        host: Host,
    ) -> dict[str, str]:
        """Write an image into every data set; returns the hashes of image and labels."""
        hashes: dict[str, str] = {}
        chosen = self.choices.label if picture.synthetic else LabelSource.DRAWN
        case = _case(picture, chosen)
        for name in DATASETS:
            if name not in self.choices.formats:
                continue
            if name == "nnunet":
                files = nnunet_case(case, key, nnunet_root(self.choices.number, self.choices.name))
                folds.setdefault(host.entry.id, []).append(key)
            else:
                files = emidec_case(case, key.partition("_")[2])
            written = [
                manifest.file(f"{name}_{SYNTHETIC}/{path}", data) for path, data in files.items()
            ]
            hashes = {"image_sha256": written[0], "label_sha256": written[1]}
            self._counts.images[name] += 1
        if hashes:
            for source in (LabelSource.DRAWN, LabelSource.JUDGE):
                if source is not chosen and source in picture.labels:
                    path = f"other_labels_{SYNTHETIC}/{key}_{source.value}_measured.nii.gz"
                    manifest.file(path, labels_file(_case(picture, source)))
        return hashes

    def _single(
        self,
        manifest: Manifest,
        record: Mapping[str, Any],
        key: str,
        host: Host,
        result: SynthesisResult | None,
        reason: str,
        pictures: Sequence[Picture],
    ) -> Job:
        """A folder of the sample's own, as a single export makes it."""
        wanted = tuple(
            one for name in SINGLE if name in self.choices.formats for one in SINGLE[name]
        )
        if not wanted:
            return
        if result is None:
            if "nifti" in wanted:
                for picture in pictures:
                    case = _case(picture, LabelSource.DRAWN)
                    for path, data in nnunet_case(case, key + picture.suffix, "controls").items():
                        manifest.file(f"samples_{SYNTHETIC}/{path}", data)
            return
        note = BESIDE.format(record["index"])
        told_of = record_of(result, host.series, mode=NEW_SUBJECT, reason=reason, note=note)
        names = identifiers_of(told_of)
        files = files_of(result, host.series, wanted, NEW_SUBJECT, reason, told_of, names)
        place = f"samples_{SYNTHETIC}/{key}"
        for path, data in files.items():
            manifest.file(f"{place}/{path}", data)
        yield None
        wrong = problems_of(manifest.stage / place, result, host.series, NEW_SUBJECT)
        if wrong:
            raise LgeSynthError(
                f"Nothing was exported: sample {record['index']}: {wrong[0]}",
                "Check it: lgesynth cohort verify.",
            )

    def _count(self, record: Mapping[str, Any], kept: Final, host: Host) -> None:
        counts = self._counts
        synthetic = record["synthetic"] is True
        self._written["samples" if synthetic else "controls"] += 1
        counts.origins[host.entry.origin] += 1
        counts.hearts[host.entry.id] += 1
        counts.overridden += bool(kept.reason)
        counts.fixed += FIX in record
        place = record.get("place") or {}
        if synthetic and place:
            counts.bins[str(place["size"]), str(place["depth"])] += 1
            counts.segments.update(int(one) for one in place["segments"])
        for role, text in record.get("models", ()):
            counts.models[str(text)] = str(role)

    # -- what is said of all of them

    def _end(self, manifest: Manifest, folds: Mapping[str, list[str]]) -> None:
        words = f"{self._written['samples']} samples; label: {self.choices.label.value}."
        if "nnunet" in self.choices.formats:
            root = f"nnunet_{SYNTHETIC}/{nnunet_root(self.choices.number, self.choices.name)}"
            table = nnunet_table(self._counts.images["nnunet"], words, self.choices.name)
            manifest.file(f"{root}/dataset.json", table)
            if splits := splits_of(folds):
                manifest.file(SPLITS, canonical(splits) + b"\n")
        if "emidec" in self.choices.formats:
            manifest.file(f"emidec_{SYNTHETIC}/{EMIDEC_NOTE}", emidec_note(words))
        manifest.close_list()
        with Index(self.folder) as index:
            facts = Facts(
                plan=self.plan,
                label=self.choices.label.value,
                reviewed=self.choices.reviewed,
                reviewers=tuple(sorted(heads_of(self.folder))),
                samples=self._written["samples"],
                controls=self._written["controls"],
                images=manifest.count,
                origins=dict(self._counts.origins),
                hearts=len(self._counts.hearts),
                bins=dict(self._counts.bins),
                segments=dict(self._counts.segments),
                groups=tuple(index.groups()),
                models=dict(self._counts.models),
                overridden=self._counts.overridden,
                fixed=self._counts.fixed,
                left_out=dict(self.chosen.left),
                formats=self.choices.formats,
            )
        card = manifest.file(CARD, data_card(facts))
        manifest.file(PROVENANCE, canonical(self._provenance(manifest, card)) + b"\n")
        self._files = sum(1 for path in manifest.stage.rglob("*") if path.is_file())

    def _provenance(self, manifest: Manifest, card: str) -> dict[str, Any]:
        """What was done, a chained record a step; it knows no clock."""
        plan = self.plan.model_dump(mode="json")
        choices = {
            "formats": list(self.choices.formats),
            "label_source": self.choices.label.value,
            "slices": self.choices.slices.value,
            "reviewed": self.choices.reviewed,
            "controls": self.choices.controls,
            "reasons": {str(k): v for k, v in sorted(self.choices.reasons.items())},
        }
        files = {**manifest.hashes, CARD: card}
        heads = heads_of(self.folder)
        steps = (
            {"action": "plan", "sha256": sha256_of(plan)},
            {"action": "paint and judge", "sha256": self.chosen.cohort_sha256},
            {"action": "review", "sha256": sha256_of(heads)},
            {"action": "export", "sha256": sha256_of([choices, files])},
        )
        chain = chained(steps)
        return {
            "format": FORMAT,
            "version": 1,
            "synthetic": True,
            "notice": NOTICE,
            "plan": plan,
            "cohort_sha256": self.chosen.cohort_sha256,
            "reviews": heads,
            "choices": choices,
            "models": [{"role": role, "model": text} for text, role in
                       sorted(self._counts.models.items())],
            "versions": {"lgesynth": __version__, **library_versions()},
            "files": files,
            "chain": chain,
            "head": head_of(chain),
        }  # fmt: skip


def _case(picture: Picture, source: LabelSource) -> DatasetCase:
    return DatasetCase(
        picture.series, picture.pixels, picture.labels[source], source.value, picture.synthetic
    )
