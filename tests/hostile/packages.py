"""Model packages nobody should trust: one good one, and what can be done to it."""

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np

from lgesynth_gui.registry.cards import CARD
from lgesynth_gui.registry.packages import LIST

WEIGHTS = "weights.safetensors"


class Trap:
    """Unpickling it leaves a mark."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Parts:
    """The members of a good package, to be changed and put together again."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as package:
            self.files = {one.filename: package.read(one) for one in package.infolist()}

    @property
    def card(self):
        return json.loads(self.files[CARD])

    def with_card(self, **changes):
        """Another card, its checksum listed as it now is."""
        self.files[CARD] = json.dumps({**self.card, **changes}).encode()
        return self.listed()

    def with_weights(self, data, **changes):
        """Another weights file that card and list agree on."""
        self.files[WEIGHTS] = data
        one = {"name": WEIGHTS, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        rest = [f for f in self.card["files"] if f["name"] != WEIGHTS]
        return self.with_card(files=[one, *rest], **changes)

    def with_text(self, name, data):
        """A further file that card and list agree on."""
        self.files[name] = data
        one = {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        return self.with_card(files=[*self.card["files"], one])

    def listed(self, **changes):
        """The list of all members, as they now are."""
        card = json.loads(self.files[CARD])
        names = [CARD, *(one["name"] for one in card["files"])]
        files = [
            {
                "name": name,
                "sha256": hashlib.sha256(self.files[name]).hexdigest(),
                "size": len(self.files[name]),
            }
            for name in names
            if name in self.files
        ]
        told = json.loads(self.files[LIST])
        self.files[LIST] = json.dumps({**told, "files": files, **changes}).encode()
        return self

    def zipped(self, extra=(), **options):
        """The package; `extra` are further (ZipInfo or name, content)."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", **options) as package:
            for name, content in (*self.files.items(), *extra):
                package.writestr(name, content)
        return out.getvalue()


def table_of(data):
    """(table, numbers) of a safetensors file."""
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def weights_of(table, numbers):
    """A safetensors file; the table may be bytes."""
    text = table if isinstance(table, bytes) else json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def entry(name, mode=0o100644, system=3):
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    made.create_system = system
    return made


def hostile(good: Path, trap: Path):
    """(name, bytes of a package) of every attack."""

    def parts():
        return Parts(good)

    raw = good.read_bytes()
    table, numbers = table_of(parts().files[WEIGHTS])
    names = sorted(table, key=lambda one: table[one]["data_offsets"])
    first, second = names[0], names[1]
    evil = pickle.dumps(Trap(trap))

    def changed(name, **values):
        return weights_of({**table, name: {**table[name], **values}}, numbers)

    def poisoned(value):
        half = np.frombuffer(numbers, "<f2").copy()
        half[len(half) // 2] = value
        return weights_of(table, half.tobytes())

    # names and kinds of members
    for label, name in (
        ("climbs", "../evil.json"),
        ("climbs deep", "a/../../evil.json"),
        ("absolute", "/tmp/evil.json"),
        ("drive", "C:\\evil.json"),
        ("share", "\\\\host\\share\\evil.json"),
        ("upper case", "Model.json"),
        ("device name", "con.txt:stream"),
        ("trailing dot", "evil.json."),
        ("hidden", ".evil.json"),
        ("code", "evil.py"),
        ("library", "evil.so"),
        ("pickle suffix", "weights.pt"),
        ("folder inside", "unet/evil.json"),
        ("direction mark", "evil\u202egnp.json"),
        ("long name", "a" * 300 + ".json"),
    ):
        yield f"name {label}", parts().zipped([(name, b"{}")])
    yield "link", parts().zipped([(entry("link.json", 0o120777), b"/etc/passwd")])
    yield "folder", parts().zipped([(entry("folder/", 0o040755), b"")])
    yield "device", parts().zipped([(entry("device.json", 0o020666), b"")])
    yield "pipe", parts().zipped([(entry("pipe.json", 0o010666), b"")])
    # the archive itself
    yield "twice", _twice(parts())
    yield "not named", parts().zipped([("more.json", b"{}")])
    yield "weights missing", _without(parts(), WEIGHTS)
    yield "card missing", _without(parts(), CARD)
    yield "list missing", _without(parts(), LIST)
    yield "compressed", parts().zipped(compression=zipfile.ZIP_DEFLATED)
    bomb = parts()
    bomb.files["notes.txt"] = bytes(64 << 20)
    yield "zip bomb", bomb.zipped(compression=zipfile.ZIP_DEFLATED, compresslevel=9)
    yield "size lies", _patched(raw, b"PK\x01\x02", 24, struct.pack("<I", 0xFFFFFFF0))
    yield "encrypted", _patched(raw, b"PK\x01\x02", 8, b"\x01\x00")
    yield "overlap", _overlapping(raw)
    local = raw.rindex(b"weights.safetensors", 0, raw.index(b"PK\x01\x02"))
    yield "names differ", raw[:local] + b"weightz" + raw[local + 7 :]
    yield "bytes before", b"MZ" + raw
    yield "bytes behind", raw + b"tail"
    yield "comment", raw[:-2] + b"\x04\x00more"
    yield "cut short", raw[: len(raw) // 2]
    yield "many members", parts().zipped([(f"n{i}.txt", b"x") for i in range(5000)])
    yield "a pickle alone", evil
    yield "an image of nothing", b"\0" * 4096
    yield "flipped byte", _flipped(raw, raw.index(numbers[:64]) + 40)
    # weights
    yield "pickle as weights", parts().with_weights(evil).zipped()
    yield "archive as weights", parts().with_weights(raw).zipped()
    yield "program as weights", parts().with_weights(b"\x7fELF" + bytes(200)).zipped()
    yield "numpy objects as weights", parts().with_weights(_objects(trap)).zipped()
    yield "header of 2^64", parts().with_weights(b"\xff" * 8 + bytes(64)).zipped()
    yield (
        "header of 100 MB",
        parts().with_weights(struct.pack("<Q", 100_000_000) + b"{" + bytes(64)).zipped(),
    )
    yield (
        "header of 9 MB",
        parts()
        .with_weights(weights_of(json.dumps(table).encode().ljust(9 << 20), numbers))
        .zipped(),
    )
    yield "no table", parts().with_weights(weights_of(b"[]", numbers)).zipped()
    yield "deep table", parts().with_weights(weights_of(b"[" * 100_000, numbers)).zipped()
    same = {key: table[first][key] for key in ("data_offsets", "shape")}
    yield "overlapping tensors", parts().with_weights(changed(second, **same)).zipped()
    yield "hole", parts().with_weights(weights_of(_without_key(table, second), numbers)).zipped()
    yield "bytes behind tensors", parts().with_weights(weights_of(table, numbers + b"xx")).zipped()
    yield "tensors cut short", parts().with_weights(weights_of(table, numbers[:-2])).zipped()
    yield "negative size", parts().with_weights(changed(first, shape=[-1, -1])).zipped()
    yield "empty dimension", parts().with_weights(changed(first, shape=[0, 2**40])).zipped()
    yield "overflowing size", parts().with_weights(changed(first, shape=[2**31] * 8)).zipped()
    yield "unknown type", parts().with_weights(changed(first, dtype="OBJECT")).zipped()
    yield "size as text", parts().with_weights(changed(first, shape=["8"])).zipped()
    twice = json.dumps(table)[:-1] + f', "{first}": {json.dumps(table[first])}}}'
    yield "tensor twice", parts().with_weights(weights_of(twice.encode(), numbers)).zipped()
    yield "NaN", parts().with_weights(poisoned(np.nan)).zipped()
    yield "infinity", parts().with_weights(poisoned(np.inf)).zipped()
    count = parts().card["parameters"]
    yield (
        "other keys",
        parts().with_weights(weights_of({f"x.{k}": v for k, v in table.items()}, numbers)).zipped(),
    )
    flat = [int(np.prod(table[first]["shape"]))]
    yield "other shape", parts().with_weights(changed(first, shape=flat)).zipped()
    # the card and the list
    yield "other count", parts().with_card(parameters=count + 1).zipped()
    yield "count bomb", parts().with_card(parameters=10**15).zipped()
    for label, changes in (
        ("id climbs", {"id": "../../evil"}),
        ("unknown class", {"architecture": {"name": "os.system", "numbers": {}}}),
        ("class of a module", {"architecture": {"name": ["evil", "X"], "numbers": {}}}),
        ("width bomb", {"architecture": {"name": "unet", "numbers": {
            "inputs": 2, "outputs": 2, "channels": [10**9, 8]}}}),
        ("layer bomb", {"architecture": {"name": "attention-unet", "numbers": {
            "inputs": 2, "outputs": 2, "channels": [8] * 60, "blocks": [8] * 60}}}),
        ("wrong class", {"architecture": {"name": "bert", "numbers": {"vocabulary": 100}}}),
        ("no heads", {"architecture": {"name": "bert", "numbers": {
            "vocabulary": 100, "heads": 0}}}),
        ("auto_map", {"auto_map": {"AutoModel": "evil.Model"}}),
        ("markup", {"title": "<img src='red.png'>"}),
        ("markup in notes", {"notes": "fine &lt;b&gt; <script>x</script>"}),
        ("direction mark", {"title": "judge \u202efdp"}),
        ("escape sequence", {"title": "judge \x1b[31m"}),
        ("newer", {"format": 2}),
        ("file climbs", {"files": [{"name": "../w.safetensors", "sha256": "0" * 64, "size": 1}]}),
    ):  # fmt: skip
        yield f"card {label}", parts().with_card(**changes).zipped()
    card = parts()
    card.files[CARD] = card.files[CARD].rstrip()[:-1] + b', "id": "other"}'
    yield "card key twice", card.listed().zipped()
    card = parts()
    card.files[CARD] = b"[" * 200_000
    yield "card deep", card.zipped()
    card = parts()
    card.files[CARD] = b'{"x": "' + b"a" * (2 << 20) + b'"}'
    yield "card of 2 MB", card.zipped()
    card = parts()
    card.files[CARD] = evil
    yield "card is a pickle", card.zipped()
    wrong = parts()
    told = json.loads(wrong.files[LIST])
    told["files"][-1]["sha256"] = "0" * 64
    wrong.files[LIST] = json.dumps(told).encode()
    yield "wrong checksum", wrong.zipped()
    yield "list newer", parts().listed(version=2).zipped()
    yield "list of another kind", parts().listed(format="something").zipped()
    yield "list of another model", parts().listed(model="other/9.9.9").zipped()
    yield "list with more", parts().listed(run="evil").zipped()
    yield "vocabulary is a pickle", parts().with_text("vocab.txt", evil).zipped()
    yield "vocabulary is a program", parts().with_text("vocab.txt", b"#!/bin/sh\ntrue").zipped()
    yield "vocabulary is an archive", parts().with_text("vocab.txt", raw).zipped()
    yield "note is binary", parts().with_text("note.md", b"ok\0\xff\xfe").zipped()
    yield "config of NaN", parts().with_text("config.json", b'{"a": NaN}').zipped()
    yield "text too large", parts().with_text("note.md", b"a" * (5 << 20)).zipped()


def _without_key(table, name):
    return {key: value for key, value in table.items() if key != name}


def _without(parts, name):
    del parts.files[name]
    return parts.zipped()


def _twice(parts):
    raw = parts.zipped([("aaaa.txt", b"1"), ("bbbb.txt", b"2")])
    return raw.replace(b"bbbb.txt", b"aaaa.txt")


def _patched(raw, mark, offset, value):
    place = raw.index(mark) + offset
    return raw[:place] + value + raw[place + len(value) :]


def _flipped(raw, place):
    return raw[:place] + bytes([raw[place] ^ 0x10]) + raw[place + 1 :]


def _overlapping(raw):
    """Every entry of the directory points at the first member."""
    out, place = bytearray(raw), raw.index(b"PK\x01\x02")
    while (place := raw.find(b"PK\x01\x02", place)) >= 0:
        out[place + 42 : place + 46] = bytes(4)
        place += 4
    return bytes(out)


def _objects(trap):
    out = io.BytesIO()
    np.save(out, np.array([Trap(trap)], dtype=object), allow_pickle=True)
    return out.getvalue()
