"""Sets LGESynth up on a bare machine and runs its demo or its tests.

    python3 packaging/bootstrap.py run     the demo on the bundled sample heart, then the window
    python3 packaging/bootstrap.py test    the tests

Needs Python 3.11 or newer and nothing else; an older one can still read this file and say so.
It makes `.venv` beside pyproject.toml, installs the exact versions that
`packaging/constraints/tested.txt` lists, and looks whether the system has the libraries Qt needs.
A second start finds all of that done and begins within a second or two.
"""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEEDED_GB = 4.0
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "lgesynth-setup.json"
LOG = VENV / "lgesynth-setup.log"
CONSTRAINTS = ROOT / "packaging" / "constraints" / "tested.txt"
RESULTS = ROOT / "out"

# Shared libraries the Qt wheels expect from the system, and the Debian package of each.
PACKAGE_OF = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinput.so.0": "libxcb-xinput0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
FONTS = "fonts-dejavu-core"
# Installed for the tests without what they ask for: a DICOM library that aborts, and networks.
WITHOUT_THEIR_NEEDS = ("nnunetv2", "batchgenerators", "acvl-utils")
ALONE = ("tests/benchmarks",)  # they time
PLUGINS = ("libqxcb.so", "libqoffscreen.so")

# What pip's own log says when an installation fails, and what to tell the person instead.
REASONS = (
    (
        ("No space left on device", "Errno 28"),
        "The disk is full. Free some space and run this again; what is already there is kept.",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED",),
        (
            "The package index could not be trusted (certificate). Ask whoever runs your network"
            " for pip's certificate setting, then run this again."
        ),
    ),
    (
        (
            "Name or service not known",
            "name resolution",
            "NewConnectionError",
            "NameResolution",
            "Network is unreachable",
            "getaddrinfo failed",
            "ProxyError",
            "ConnectTimeout",
            "Read timed out",
            "Connection refused",
            "nodename nor servname",
        ),
        (
            "The package index cannot be reached. The first set-up needs the network; connect and"
            " run this again. Later starts work offline."
        ),
    ),
    (
        ("No matching distribution found", "Could not find a version"),
        (
            "One of the tested versions does not exist for this Python or this kind of computer."
            " Python 3.11 on 64-bit Linux, macOS or Windows is what they are made for."
        ),
    ),
)


class Stop(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """One line for the person."""
    print(f"LGESynth: {text}", flush=True)


def command_line(mode: str) -> str:
    """How this script was called, for advice."""
    return f"packaging/bootstrap.py {mode}"


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def require_python(mode: str) -> None:
    """Go on under a newer Python if this one is too old and one is found."""
    if sys.version_info[:2] >= OLDEST:
        return
    for name in ("python3.13", "python3.12", "python3.11", "python3.14"):
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            say(f"this is Python {platform.python_version()}; going on with {name}.")
            os.execv(found, [found, __file__, mode])
    raise Stop(
        f"Python {platform.python_version()} is too old: 3.11 or newer is needed. Install it"
        f" (Debian/Ubuntu: apt-get install python3.11 python3.11-venv), then type:"
        f" python3.11 {command_line(mode)}"
    )


def fingerprint(mode: str) -> str:
    """Changes when what has to be installed changes."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    digest.update(f"{mode} {platform.python_version()} {platform.machine()} {VENV}".encode())
    return digest.hexdigest()


def stamped() -> "dict[str, str]":
    """What was set up before, mode to fingerprint."""
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_set_up(mode: str) -> bool:
    """Whether nothing has to be installed. What is set up for the tests is set up to run."""
    if not python_of(VENV).exists():
        return False
    done = stamped()
    return any(done.get(one) == fingerprint(one) for one in {mode, "test"})


def may_apt() -> bool:
    """Whether system packages can be installed from here."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def apt_line(packages: "list[str]") -> str:
    """What a person would type."""
    return "sudo apt-get install -y " + " ".join(packages)


def apt_install(packages: "list[str]") -> bool:
    """Install Debian packages; False when that did not go through."""
    say(f"installing system packages: {' '.join(packages)}")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if subprocess.run(install, **quiet).returncode == 0:
        return True
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    return subprocess.run(install, **quiet).returncode == 0


def require_space() -> None:
    """Refuse before anything is downloaded when the disk cannot hold it."""
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        raise Stop(
            f"Only {free:.1f} GB are free on the disk of {ROOT}; about {NEEDED_GB:.0f} GB are"
            " needed. Free some space and run this again."
        )


def require_venv_module() -> None:
    """Debian ships Python without the part that makes virtual environments."""
    check = [sys.executable, "-c", "import venv, ensurepip"]
    if subprocess.run(check, capture_output=True).returncode == 0:
        return
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    if may_apt() and apt_install([package]):
        return
    raise Stop(f"Python's venv module is missing. Type: {apt_line([package])}")


def make_venv() -> None:
    """Make `.venv`, or keep one whose Python works and is this version."""
    asks = "import sys; print('{}.{}.{}'.format(*sys.version_info[:3]))"
    with contextlib.suppress(OSError):
        known = subprocess.run([str(python_of(VENV)), "-c", asks], capture_output=True, text=True)
        if known.returncode == 0 and known.stdout.strip() == platform.python_version():
            return
    require_venv_module()
    say(f"making {VENV}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode != 0:
        last = (made.stderr or made.stdout).strip().splitlines()[-1:]
        raise Stop(f"The virtual environment could not be made: {' '.join(last)}")


def pip_install(*what: str) -> None:
    """Install with the tested versions, pip's own configuration, and a log to explain failures."""
    LOG.unlink(missing_ok=True)
    base = [str(python_of(VENV)), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [*base, "--log", str(LOG), "install", "--quiet", "-c", str(CONSTRAINTS), *what], cwd=ROOT
    )
    if done.returncode == 0:
        return
    log = LOG.read_text(errors="replace") if LOG.exists() else ""
    for words, advice in REASONS:
        if any(word in log for word in words):
            raise Stop(advice)
    raise Stop(f"Installing failed (pip ended with {done.returncode}). Its log is {LOG}")


def install(mode: str) -> None:
    """Everything Python needs, at the tested versions."""
    require_space()
    make_venv()
    say("installing the tested versions; the first time this takes some minutes.")
    pip_install("hatchling")
    extra = "[dev]" if mode == "test" else ""
    pip_install("--no-build-isolation", "-e", f".{extra}")
    if mode == "test":
        pip_install("--no-deps", *WITHOUT_THEIR_NEEDS)


def missing_libraries() -> "list[str]":
    """Names of shared libraries that Qt's window plug-ins do not find here."""
    ask = "import PySide6, pathlib; print(pathlib.Path(PySide6.__file__).parent)"
    found = subprocess.run([str(python_of(VENV)), "-c", ask], capture_output=True, text=True)
    folder = Path(found.stdout.strip()) / "Qt"
    files = [folder / "plugins" / "platforms" / name for name in PLUGINS]
    files += [folder / "lib" / f"libQt6{name}.so.6" for name in ("Core", "Gui", "Widgets", "Svg")]
    if not shutil.which("ldd"):
        return []
    listed = subprocess.run(
        ["ldd", *[str(file) for file in files if file.exists()]], capture_output=True, text=True
    )
    lines = [line.split()[0] for line in listed.stdout.splitlines() if "not found" in line]
    return sorted({name for name in lines if not name.startswith("libQt6")})


def has_fonts() -> bool:
    """Whether any outline font is installed for Qt to write with."""
    places = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts"]
    places.append(Path.home() / ".local/share/fonts")
    return any(next(place.rglob(f"*.{kind}"), None) for place in places for kind in ("ttf", "otf"))


def qt_error() -> str:
    """Why Qt's widgets cannot be imported, or ""."""
    tried = subprocess.run(
        [str(python_of(VENV)), "-c", "import PySide6.QtWidgets, PySide6.QtSvg"],
        capture_output=True,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    return "" if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1]


def require_qt() -> None:
    """See that Qt finds its system libraries; install them where that is allowed."""
    if not sys.platform.startswith("linux"):
        return
    missing = missing_libraries()
    packages = sorted({PACKAGE_OF[name] for name in missing if name in PACKAGE_OF})
    if not has_fonts():
        packages.append(FONTS)
    if packages and may_apt() and apt_install(packages):
        packages = []
    error = qt_error()
    if error and packages:
        raise Stop(f"Qt lacks system libraries. Type: {apt_line(packages)}")
    if error:
        raise Stop(f"Qt cannot start: {error}")
    if packages:
        say(f"a window or its text may not show until you type: {apt_line(packages)}")


def has_display() -> bool:
    """Whether a window can be shown to somebody."""
    if os.environ.get("CI"):
        return False
    linux = sys.platform.startswith("linux")
    return not linux or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def new_folder() -> Path:
    """A results folder that does not exist yet."""
    names = ["demo", *(f"demo-{number}" for number in range(2, 10_000))]
    return next(RESULTS / name for name in names if not (RESULTS / name).exists())


def run() -> int:
    """The demo, where its results are, and the window on them."""
    program = [str(python_of(VENV)), "-m", "lgesynth_gui"]
    folder = new_folder()
    RESULTS.mkdir(exist_ok=True)
    code = subprocess.run([*program, "demo", "--out", str(folder)], cwd=ROOT).returncode
    if code != 0:
        return code
    say(f"the results are in {folder}")
    if not has_display():
        say("no display here, so no window. On a desktop type: .venv/bin/lgesynth")
        return 0
    say("opening the window; close it to end.")
    return subprocess.run([*program, str(folder)], cwd=ROOT).returncode


def test() -> int:
    """All tests: most of them beside each other, then alone those that measure time."""
    environment = {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", **os.environ}
    pytest = [str(python_of(VENV)), "-m", "pytest"]
    workers = str(max(1, min(4, os.cpu_count() or 1)))
    beside = ["-n", workers, "--dist", "loadfile", "--benchmark-disable"]
    beside += [f"--ignore={one}" for one in ALONE]
    parts = (beside, list(ALONE))
    codes = [
        subprocess.run([*pytest, *part], cwd=ROOT, env=environment).returncode for part in parts
    ]
    return max(codes)


def main(arguments: "list[str]") -> int:
    """Set up what is missing, then do what was asked."""
    if len(arguments) != 1 or arguments[0] not in ("run", "test"):
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    mode = arguments[0]
    try:
        require_python(mode)
        if not is_set_up(mode):
            install(mode)
            require_qt()
            STAMP.write_text(json.dumps({**stamped(), mode: fingerprint(mode)}))
        return run() if mode == "run" else test()
    except Stop as reason:
        print(f"LGESynth: {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"LGESynth: {error.strerror or error} ({error.filename})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nLGESynth: stopped. Run it again to go on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
