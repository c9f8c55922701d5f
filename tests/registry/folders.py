"""Model folders made by hand: a whole safetensors file without any library, and its card."""

import hashlib
import json
import struct

import numpy as np

from lgesynth_gui.registry.cards import CARD


def safetensors(tensors=None, header=None):
    """Bytes of a file; `header` replaces the true table."""
    tensors = {"a": np.zeros((2, 3), np.float32)} if tensors is None else tensors
    table, data = {}, b""
    for name, value in tensors.items():
        raw = value.tobytes()
        kind = {"float16": "F16", "float32": "F32", "int64": "I64"}[value.dtype.name]
        table[name] = {
            "dtype": kind,
            "shape": list(value.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(table if header is None else header).encode()
    return struct.pack("<Q", len(text)) + text + data


def card_of(weights, **changes):
    """A valid card of one weights file, as plain values."""
    return {
        "format": 1,
        "id": "tiny",
        "version": "1.2.3",
        "title": "A test",
        "role": "judge",
        "architecture": {"name": "unet", "numbers": {"inputs": 2, "channels": [8, 16]}},
        "files": [
            {
                "name": "w.safetensors",
                "sha256": hashlib.sha256(weights).hexdigest(),
                "size": len(weights),
            }
        ],
        "parameters": 6,
        "threshold": 0.5,
        "trained_on": {"data": "nothing"},
        "created": "2026-01-31",
        **changes,
    }


def write_folder(root, weights=None, **changes):
    """`root/<id>/<version>` with its weights and card; returns the folder."""
    weights = safetensors() if weights is None else weights
    card = card_of(weights, **changes)
    folder = root / card["id"] / card["version"]
    folder.mkdir(parents=True)
    (folder / "w.safetensors").write_bytes(weights)
    (folder / CARD).write_text(json.dumps(card))
    return folder
