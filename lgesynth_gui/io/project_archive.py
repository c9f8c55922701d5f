"""The container of a project: a ZIP of named members, none compressed, each with its SHA-256.

Nothing in it can grow when it is read: members are stored as they are, and what they claim to
hold is never more than the file itself.
"""

from __future__ import annotations

import errno
import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.strict_json import strict_value

FORMAT = "lgesynth project"
VERSION = 1
SUFFIX = ".lgesynth"
MANIFEST = "manifest.json"
FILE_BYTES = 4 << 30
MEMBERS = 20_000
JSON_BYTES = 64 << 20
MANIFEST_BYTES = 8 << 20
_NAME = re.compile(r"(manifest|series|work|shared)\.json|thumbnail\.raw|arrays/\d{5}\.raw")
_WHEN = (1980, 1, 1, 0, 0, 0)  # no clock in the file's directory: equal work gives equal bytes
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Manifest:
    """What a project says of itself.

    Args:
        about: Everything but the list of members.
        members: Name to (SHA-256, bytes).
    """

    about: Mapping[str, Any]
    members: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def write_members(
    file: BinaryIO, about: Mapping[str, Any], members: Sequence[tuple[str, Callable[[], bytes]]]
) -> Iterator[int]:
    """Write a project; the bytes written so far are yielded after each member.

    Args:
        file: Open for writing, at its beginning.
        about: Goes into the manifest.
        members: Name and what makes its bytes.
    """
    listed: dict[str, Any] = {}
    done = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, make in members:
            data = make()
            archive.writestr(_info(name), data)
            listed[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            done += len(data)
            yield done
        whole = {**about, "format": FORMAT, "version": VERSION, "members": listed}
        manifest = canonical(whole)
        archive.writestr(_info(MANIFEST), manifest)
        archive.comment = hashlib.sha256(manifest).hexdigest().encode("ascii")


class Archive:
    """A project open for reading; use it in a `with` block.

    Args:
        path: The file.
        name: What it is called in refusals.

    Raises:
        Refused: no project (PRJ-03), one of a newer version (PRJ-04), a damaged one (PRJ-05),
            or one that is too large (PRJ-06).
        OSError: the file cannot be read.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        self.name = name or path.name
        size = path.stat().st_size
        if size > FILE_BYTES:
            self.refuse("it is larger than 4 GiB", "PRJ-06")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError):
            self.refuse("it is no project, or its end is missing", "PRJ-03")
        try:
            self.manifest = self._read_manifest()
            self._check(size)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read(self, member: str) -> bytes:
        """The bytes of a member, if they are those that were written.

        Raises:
            Refused: they are not, or there is no such member (PRJ-05).
        """
        if member not in self.manifest.members:
            self.refuse(f"its part {member} is missing", "PRJ-05")
        sha256, size = self.manifest.members[member]
        data = self._bytes(member, size)
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            self.refuse(f"its part {member} is damaged", "PRJ-05")
        return data

    def json(self, member: str) -> Any:
        """The value of a JSON member.

        Raises:
            Refused: as for `read`, or it is too large (PRJ-06).
        """
        if self.manifest.members.get(member, ("", 0))[1] > JSON_BYTES:
            self.refuse(f"its part {member} is larger than 64 MiB", "PRJ-06")
        try:
            return strict_value(self.read(member))
        except ValueError:
            self.refuse(f"its part {member} is damaged", "PRJ-05")

    def verify(self) -> Iterator[int]:
        """Read every member; the bytes read so far are yielded after each.

        Raises:
            Refused: one is damaged; it is named.
        """
        done = 0
        for member in self.manifest.members:
            done += len(self.read(member))
            yield done

    def refuse(self, what: str, code: str, hint: str = "") -> NoReturn:
        """Refuse this file in one sentence."""
        usual = {
            "PRJ-03": "Choose a file that this program saved.",
            "PRJ-05": "Open an older copy of it.",
            "PRJ-06": "Choose another file.",
        }
        raise Refused(f"{self.name} was refused: {what}.", hint or usual.get(code, ""), code)

    def _bytes(self, member: str, most: int) -> bytes:
        try:
            with self._zip.open(member) as file:
                return file.read(most + 1)
        except (KeyError, zipfile.BadZipFile, ValueError, EOFError, NotImplementedError):
            self.refuse(f"its part {member} is damaged", "PRJ-05")
        except OSError as error:
            if error.errno != errno.EINVAL:  # a place before the file's beginning
                raise
            self.refuse(f"its part {member} is damaged", "PRJ-05")
        except RuntimeError:  # what zipfile raises for an encrypted member
            self.refuse(f"its part {member} is encrypted", "PRJ-05")

    def _read_manifest(self) -> Manifest:
        names = [one.filename for one in self._zip.infolist()[: MEMBERS + 1]]
        if MANIFEST not in names:
            self.refuse("it is a ZIP file, but no project", "PRJ-03")
        if self._zip.getinfo(MANIFEST).compress_type != zipfile.ZIP_STORED:
            self.refuse("it is a ZIP file, but no project", "PRJ-03")
        data = self._bytes(MANIFEST, MANIFEST_BYTES)
        if len(data) > MANIFEST_BYTES:
            self.refuse("its list of parts is too large", "PRJ-06")
        try:
            whole = strict_value(data)
            known = isinstance(whole, dict) and whole.get("format") == FORMAT
        except ValueError:
            self.refuse(f"its part {MANIFEST} is damaged", "PRJ-05")
        if not known:
            self.refuse("it is a ZIP file, but no project", "PRJ-03")
        version = whole.get("version")
        if type(version) is int and version > VERSION:
            self.refuse(
                f"a newer version of this program saved it (format {version}, known is {VERSION})",
                "PRJ-04",
                "Update this program.",
            )
        if self._zip.comment != hashlib.sha256(data).hexdigest().encode("ascii"):
            self.refuse(f"its part {MANIFEST} is damaged", "PRJ-05")
        listed = whole.pop("members", None)
        if version != VERSION or not isinstance(listed, dict):
            self.refuse(f"its part {MANIFEST} is damaged", "PRJ-05")
        return Manifest(whole, {name: self._entry(one) for name, one in listed.items()})

    def _entry(self, one: Any) -> tuple[str, int]:
        if not isinstance(one, dict) or set(one) != {"sha256", "bytes"}:
            self.refuse(f"its part {MANIFEST} is damaged", "PRJ-05")
        sha256, size = one["sha256"], one["bytes"]
        if not isinstance(sha256, str) or type(size) is not int or not 0 <= size <= FILE_BYTES:
            self.refuse(f"its part {MANIFEST} is damaged", "PRJ-05")
        return sha256, size

    def _check(self, size: int) -> None:
        found = self._zip.infolist()
        if len(found) > MEMBERS:
            self.refuse(f"it has more than {MEMBERS} parts", "PRJ-06")
        names = [one.filename for one in found]
        if len(set(names)) != len(names) or set(names) != {MANIFEST, *self.manifest.members}:
            self.refuse("its parts are not those that were written", "PRJ-05")
        for one in found:
            if not _NAME.fullmatch(one.filename):
                self.refuse("it has a part that no project has", "PRJ-05")
            stored = one.compress_type == zipfile.ZIP_STORED and one.compress_size == one.file_size
            if not stored or one.flag_bits & _ENCRYPTED:
                self.refuse(f"its part {one.filename} is packed", "PRJ-05")
        if sum(one.file_size for one in found) > size:
            self.refuse("its parts claim to be larger than the file", "PRJ-06")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _WHEN)
    info.external_attr = 0o600 << 16
    return info
