"""A Stable-Diffusion folder and a BERT folder on this computer, checked before they are loaded.

`plan` reads configurations and tables of weights only; nothing of a network's size is allocated.
Nothing in the folders is ever executed, and no library is pointed at them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.registry.cards import file_sha256
from lgesynth_gui.registry.contents import MAX_TEXT, check_start, check_text
from lgesynth_gui.segmentation.weights import MAX_PARAMETERS, fitting, load_weights
from lgesynth_gui.synthesis.paper_configs import (
    BertNumbers,
    ControlConfig,
    ScheduleConfig,
    UNetConfig,
    VaeConfig,
    read_bert,
    read_control,
    read_schedule,
    read_unet,
    read_vae,
)
from lgesynth_gui.synthesis.paper_networks import (
    CONDITIONS,
    bert_name,
    build_bert,
    build_control,
    build_projection,
    build_unet,
    build_vae,
    control_of,
    numbers_in,
    vae_name,
)
from lgesynth_gui.synthesis.tokens import Tokens

SD_WEIGHTS = "diffusion_pytorch_model.safetensors"
BERT_WEIGHTS = "model.safetensors"
VOCABULARY = "vocab.txt"
COLOURS = 3  # conditioning channels of a ControlNet made for pictures
_ALLOWED = (".safetensors", ".json", ".txt", ".md")
_UNNAMED = ("license", "notice", ".gitattributes", ".gitignore", ".ds_store")
_HINT = "Use a Stable Diffusion 1.x or 2.x folder as its maker published it."
Names = Callable[[str], str | None]


@dataclass(frozen=True)
class Part:
    """One network of the folders.

    Args:
        path: Its weights.
        build: Makes it, empty.
        names: What a tensor of its file is called in it.
        numbers: How many numbers it will hold, as float32.
    """

    path: Path
    build: Callable[[], nn.Module]
    names: Names | None
    numbers: int

    def load(self) -> nn.Module:
        """The network with its weights; see `load_weights` for what is refused."""
        return load_weights(self.build, self.path, self.names)

    @property
    def sha256(self) -> str:
        """Hash of its weights."""
        return file_sha256(self.path)


@dataclass(frozen=True)
class Plan:
    """What the folders hold, all of it validated but the values of the weights.

    Args:
        unet, vae, bert: The frozen networks.
        control: The folder's ControlNet; None = one is made from the U-Net.
        tokens: The text encoder's vocabulary.
        unet_config, vae_config, bert_numbers, schedule: What they were trained as.
        control_config: Of the folder's ControlNet, or of the one that is made.
        side: Pixels of the picture's side that the autoencoder is given.
    """

    unet: Part
    vae: Part
    bert: Part
    control: Part | None
    tokens: Tokens
    unet_config: UNetConfig
    vae_config: VaeConfig
    control_config: ControlConfig
    bert_numbers: BertNumbers
    schedule: ScheduleConfig
    side: int

    @property
    def inpaints(self) -> bool:
        """Whether the U-Net is also given the hole and the masked latent (9 channels)."""
        return self.unet_config.in_channels > self.vae_config.latent_channels

    @property
    def control_numbers(self) -> int:
        """Numbers of the network that is trained, and of the projection, where there is one."""
        return self._control_alone + self._projection

    @property
    def numbers(self) -> int:
        """Numbers of all networks together."""
        frozen = self.unet.numbers + self.vae.numbers + self.bert.numbers
        return frozen + self.control_numbers

    @property
    def weight_bytes(self) -> int:
        """Bytes of all weights once they are loaded, float32."""
        return 4 * self.numbers

    @property
    def partners(self) -> Mapping[str, str]:
        """Hashes of the frozen networks, which a trained ControlNet belongs to."""
        return {
            "unet": self.unet.sha256, "vae": self.vae.sha256, "text": self.bert.sha256
        }  # fmt: skip

    @property
    def _control_alone(self) -> int:
        return numbers_in(lambda: build_control(self.control_config))

    @property
    def _projection(self) -> int:
        width, wanted = self.bert_numbers.hidden_size, self.unet_config.cross_attention_dim
        return 0 if width == wanted else width * wanted


def plan(sd: Path, bert: Path, side: int = 0) -> Plan:
    """Look at both folders.

    Args:
        sd: Holds `unet`, `vae`, `scheduler` and, where there is one, `controlnet`.
        bert: Holds `config.json`, `vocab.txt` and `model.safetensors`.
        side: Pixels of the picture's side; 0 = what the U-Net was trained for.

    Raises:
        LgeSynthError: the side does not suit the networks.
        Refused: a file is missing or a link (MOD-01), a program, an archive or a pickle (MOD-23);
            a configuration is not valid (MOD-04, MOD-05) or of an unsupported kind (MOD-26);
            weights do not fit or are too many (MOD-06, MOD-07); the networks do not belong
            together (MOD-27).
    """
    for folder in (sd, bert):
        if not folder.is_dir():
            raise LgeSynthError(f"There is no folder {folder.name}.", "Name the whole folder.")
    unet_config = read_unet(_part(sd, "unet") / "config.json")
    vae_config = read_vae(_part(sd, "vae") / "config.json")
    schedule = read_schedule(_part(sd, "scheduler") / "scheduler_config.json")
    bert_numbers = read_bert(_checked(bert) / "config.json")
    _require_supported(unet_config, vae_config)
    own = (sd / "controlnet").exists()
    if own:
        control_config = read_control(_part(sd, "controlnet") / "config.json")
        _require_belongs(control_config, unet_config, vae_config)
    else:
        control_config = control_of(unet_config, vae_config.factor)
    parts = {
        "unet": _weights(sd / "unet" / SD_WEIGHTS, lambda: build_unet(unet_config)),
        "vae": _weights(sd / "vae" / SD_WEIGHTS, lambda: build_vae(vae_config), vae_name),
        "bert": _weights(bert / BERT_WEIGHTS, lambda: build_bert(bert_numbers), bert_name),
    }
    control = None
    if own:
        control = _weights(sd / "controlnet" / SD_WEIGHTS, lambda: build_control(control_config))
    made = Plan(
        control=control,
        tokens=_vocabulary(bert / VOCABULARY, bert_numbers.vocab_size),
        unet_config=unet_config,
        vae_config=vae_config,
        control_config=control_config,
        bert_numbers=bert_numbers,
        schedule=schedule,
        side=_side(side, unet_config, vae_config),
        **parts,
    )
    if made.numbers > MAX_PARAMETERS:
        raise Refused("These networks are larger than this program accepts.", _HINT, "MOD-07")
    return made


def projection_of(made: Plan, seed: int) -> nn.Linear | None:
    """The fresh projection of a plan's captions, or None where none is needed."""
    return build_projection(
        made.bert_numbers.hidden_size, made.unet_config.cross_attention_dim, seed
    )


def _part(folder: Path, name: str) -> Path:
    place = folder / name
    if place.is_symlink() or not place.is_dir():
        raise Refused(f"The folder has no {name}.", _HINT, "MOD-01")
    return _checked(place)


def _checked(folder: Path) -> Path:
    """A folder of data alone; a program or a pickle beside it is not opened but refused."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            raise Refused(f"{_shown(path)} is a link.", "Copy the folder with its files.", "MOD-01")
        if path.is_dir():
            continue
        if path.suffix not in _ALLOWED and not path.name.lower().startswith(_UNNAMED):
            raise Refused(
                f"{_shown(path)} may be a program or a pickle, which is never opened.",
                "Take it out of the folder; weights are read from .safetensors alone.",
                "MOD-23",
            )
    return folder


def _shown(path: Path) -> str:
    return "".join(c for c in path.name if c.isprintable())[:60]


def _weights(path: Path, build: Callable[[], nn.Module], names: Names | None = None) -> Part:
    if path.is_symlink() or not path.is_file():
        raise Refused(f"{path.parent.name} has no {path.name}.", _HINT, "MOD-01")
    with path.open("rb") as file:
        start = file.read(8)
    if int.from_bytes(start, "little") > path.stat().st_size:  # else it is a length that fits
        check_start(start)
    network, _ = fitting(build, path, names)
    return Part(path, build, names, sum(v.numel() for v in network.state_dict().values()))


def _vocabulary(path: Path, size: int) -> Tokens:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_TEXT:
        raise Refused("The text encoder has no vocab.txt of a sane size.", _HINT, "MOD-01")
    data = path.read_bytes()
    check_text(data)
    pieces = data.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(pieces) != size or len(set(pieces)) != size:
        raise Refused("The vocabulary does not fit the text encoder.", _HINT, "MOD-27")
    try:
        return Tokens(pieces)
    except LgeSynthError as error:
        raise Refused(error.what, _HINT, "MOD-27") from error


def _require_supported(unet: UNetConfig, vae: VaeConfig) -> None:
    latent = vae.latent_channels
    if unet.in_channels not in (latent, 2 * latent + 1):
        raise Refused(
            f"This U-Net takes {unet.in_channels} channels; those of {latent} (painting) and of"
            f" {2 * latent + 1} (inpainting: latent, hole, masked latent) are supported.",
            _HINT,
            "MOD-26",
        )
    if unet.out_channels != latent:
        raise Refused(
            "The U-Net's latents are not the autoencoder's.", "Take both from one folder.", "MOD-27"
        )


def _require_belongs(control: ControlConfig, unet: UNetConfig, vae: VaeConfig) -> None:
    shared = set(ControlConfig.model_fields) & set(UNetConfig.model_fields) - {"in_channels"}
    alike = all(
        getattr(control, name) == getattr(unet, name) for name in shared - {"attention_head_dim"}
    )
    if not alike or control.heads != unet.heads:
        raise Refused(
            "The ControlNet belongs to another U-Net.", "Take both from one folder.", "MOD-27"
        )
    if control.in_channels not in (vae.latent_channels, unet.in_channels):
        raise Refused(
            "The ControlNet takes another latent than the U-Net.", "Take another one.", "MOD-27"
        )
    if control.conditioning_channels not in (CONDITIONS, COLOURS):
        raise Refused(
            f"This ControlNet is shown {control.conditioning_channels} channels;"
            f" {CONDITIONS} and {COLOURS} are supported.",
            "Take another one.",
            "MOD-26",
        )
    if len(control.conditioning_embedding_out_channels) != vae.factor.bit_length():
        raise Refused(
            "The ControlNet's stem gives another size than the latent.", "Take another one.",
            "MOD-27",
        )  # fmt: skip


def _side(wanted: int, unet: UNetConfig, vae: VaeConfig) -> int:
    side = wanted or unet.sample_size * vae.factor
    step = vae.factor << (len(unet.block_out_channels) - 1)
    if not 32 <= side <= 1024 or side % step:
        raise LgeSynthError(
            f"Pictures of {side} pixels do not suit these networks.",
            f"Choose a multiple of {step} from 32 to 1024.",
        )
    return side
