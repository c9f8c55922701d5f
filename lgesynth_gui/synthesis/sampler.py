"""From noise to a picture: our own short loop over a flow-matching Euler scheduler.

A stock pipeline can neither be stopped cleanly between two steps nor steered on the clean
estimate, so the loop is written out: estimate, keep what is known, guide, step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from torch import Tensor

from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.synthesis.codec import LatentCodec
from lgesynth_gui.synthesis.grain import grained
from lgesynth_gui.synthesis.networks import Denoiser, known_channels

# Of the variance of the coarse noise, what the slices of a stack have in common.
SHARED = 0.8
PAINTING = 3  # raised when the same request and networks give other pixels
STACK = 0xFFFF_FFFF  # no slice has this number

Guide = Callable[[Tensor, float], Tensor]  # (pictures (n, 1, 128, 128), tau) -> pictures


@dataclass(frozen=True, eq=False)
class Scene:
    """What `n` pictures are conditioned on, as tensors on the denoiser's device.

    Args:
        host: Normalised hosts `(n, 1, 128, 128)`.
        masked: The hosts with their holes filled, the same shape: see `holes.masked`.
        hole: 1 where a picture is painted, the same shape.
        blend: 1 in the hole and the feather around it; beyond it the host is kept as it is.
        maps: Control maps `(n, 4, 128, 128)`.
        context: Encoded captions `(n, tokens, width)`.
        no_context: Encoded empty caption, `(1, tokens, width)` or one an item; None will do when
            `text_scale` is 1.
        text_scale: Classifier-free guidance on the caption.
    """

    host: Tensor
    masked: Tensor
    hole: Tensor
    blend: Tensor
    maps: Tensor
    context: Tensor
    no_context: Tensor | None = None
    text_scale: float = 1.0


class SliceNoise(torch.Generator):
    """The noise of one slice, and the part of it that the slices of a seed have in common.

    Neighbouring slices of one heart show one scar, as bright in all of them, yet every slice has
    the grain of its own measurement. The latent's first channel, the means of blocks of 4 x 4
    pixels, therefore takes `SHARED` of its variance from the whole stack. Each slice's noise is
    white with deviation 1 as before, so a slice painted alone equals the same one in a stack.
    """

    def __new__(cls, own: int, stack: int) -> SliceNoise:
        """A source on the CPU with the seeds of the slice and of the stack."""
        made = super().__new__(cls, "cpu")  # type: ignore[call-arg]  # its stub knows __init__ only
        made.manual_seed(own)
        return made

    def __init__(self, own: int, stack: int) -> None:
        self._stack = stack

    def starting(self, shape: Sequence[int]) -> Tensor:
        """The noise a slice starts from, `(1, channels, h, w)`."""
        noise = torch.randn(tuple(shape), generator=self)
        whole = torch.Generator("cpu").manual_seed(self._stack)
        common = torch.randn((shape[0], *shape[2:]), generator=whole)
        noise[:, 0] = (1 - SHARED) ** 0.5 * noise[:, 0] + SHARED**0.5 * common
        return noise


def generator_of(seed: int, index: int) -> SliceNoise:
    """The noise source of slice `index`: the same whatever else is generated beside it."""
    return SliceNoise(_seed_of(seed, index), _seed_of(seed, STACK))


def starting_noise(source: torch.Generator, shape: Sequence[int]) -> Tensor:
    """White noise `(1, channels, h, w)`, part of it shared along the stack for a `SliceNoise`."""
    if isinstance(source, SliceNoise):
        return source.starting(shape)
    return torch.randn(tuple(shape), generator=source)


def _seed_of(seed: int, index: int) -> int:
    return int(np.random.SeedSequence((seed, index)).generate_state(1, np.uint64)[0]) >> 1


def noise_fractions(steps: int) -> tuple[float, ...]:
    """Noise fraction of each step, 1 down to 1/steps; the step after the last is 0."""
    return tuple(1 - k / steps for k in range(steps))


def sample(
    denoiser: Denoiser,
    codec: LatentCodec,
    scene: Scene,
    steps: int,
    noise: Sequence[torch.Generator],
    guide: Guide | None = None,
    half: bool = False,
) -> Job:
    """Paint the holes of one or several pictures, step by step and all at once.

    Args:
        denoiser: Noisy latent to clean latent.
        codec: Picture to latent and back.
        scene: Hosts and conditions.
        steps: Sampler steps, >= 1.
        noise: CPU generator of each picture's starting noise and grain, which are therefore the
            same whatever is painted beside it; the picture then is, too, up to float32 rounding.
        guide: Moves each clean estimate; None = unguided.
        half: Whether the networks compute in bfloat16; path and pictures stay float32.

    Returns:
        A job that yields a `Progress` with a preview of the first picture a step and returns the
        normalised pictures `(n, 128, 128)` float32; they equal the hosts outside `scene.blend`.

    Raises:
        ValueError: there is not one generator a picture.
    """
    if len(noise) != len(scene.host):
        raise ValueError(f"{len(scene.host)} pictures need as many generators, not {len(noise)}.")
    scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=1.0)
    scheduler.set_timesteps(sigmas=list(noise_fractions(steps)))
    told = _told(codec, scene, denoiser)
    shape = (1, codec.channels, *(side // codec.factor for side in scene.host.shape[-2:]))
    latent = torch.cat([starting_noise(one, shape) for one in noise]).to(scene.host.device)
    picture = scene.host
    for k, tau in enumerate(noise_fractions(steps)):
        picture = _denoised(denoiser, codec, scene, told, latent, tau, half)
        if guide is not None:
            yield None
            picture = _kept(guide(picture, tau), scene)
        latent = _stepped(scheduler, codec, latent, picture, tau, k)
        yield Progress(k + 1, steps, "denoising", _preview(picture))
    painted, hosts, holes, changed = (
        one[:, 0].cpu().numpy() for one in (picture, scene.host, scene.hole, scene.blend)
    )
    white = [
        torch.randn(one.shape, generator=source).numpy()
        for one, source in zip(painted, noise, strict=True)
    ]
    items = zip(painted, hosts, holes > 0, changed > 0, white, strict=True)
    return np.stack([grained(*item) for item in items])


@dataclass(frozen=True, eq=False)
class _Told:
    """What the denoiser is told, the same at every step; twice as many items with text guidance."""

    known: Tensor
    context: Tensor
    maps: Tensor
    hint: Tensor | None


@torch.no_grad()
def _told(codec: LatentCodec, scene: Scene, denoiser: Denoiser) -> _Told:
    known = known_channels(codec.encode(scene.masked), scene.hole, denoiser.bands)
    hint = denoiser.hint(scene.maps)
    if scene.text_scale <= 1 or scene.no_context is None:
        return _Told(known, scene.context, scene.maps, hint)
    context = torch.cat([scene.context, scene.no_context.expand_as(scene.context)])
    twice = None if hint is None else torch.cat([hint, hint])
    return _Told(torch.cat([known, known]), context, torch.cat([scene.maps, scene.maps]), twice)


@torch.no_grad()
def _denoised(
    denoiser: Denoiser,
    codec: LatentCodec,
    scene: Scene,
    told: _Told,
    latent: Tensor,
    tau: float,
    half: bool,
) -> Tensor:
    """Clean pictures as the networks estimate them; beyond the blended zone they are the host."""
    passes = len(told.known) // len(latent)
    asked = latent if passes == 1 else torch.cat([latent] * passes)
    at = torch.full((len(asked),), tau, device=latent.device)
    with torch.autocast(latent.device.type, torch.bfloat16, enabled=half):
        clean = denoiser(asked, at, told.known, told.context, told.maps, told.hint)
    if passes > 1:
        with_text, without = clean.chunk(2)
        clean = without + scene.text_scale * (with_text - without)
    return _kept(codec.decode(clean), scene)


def _kept(picture: Tensor, scene: Scene) -> Tensor:
    return torch.where(scene.blend > 0, picture, scene.host)


@torch.no_grad()
def _stepped(
    scheduler: FlowMatchEulerDiscreteScheduler,
    codec: LatentCodec,
    latent: Tensor,
    picture: Tensor,
    tau: float,
    k: int,
) -> Tensor:
    """One Euler step: the scheduler is handed the path's velocity, `(z - x) / tau`."""
    velocity = (latent - codec.encode(picture)) / tau
    moved: Tensor = scheduler.step(velocity, scheduler.timesteps[k], latent).prev_sample
    return moved


def _preview(picture: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    shown = ((picture[0, 0].detach().cpu().numpy() + 1) / 2).clip(0, 1)
    return np.asarray(shown, dtype=np.float32)
