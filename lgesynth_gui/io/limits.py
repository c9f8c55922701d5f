"""What the decoder process may use of the computer; set by itself before it opens a file."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from pathlib import Path

MEMORY_BYTES = 1 << 30
CPU_S = 30
OPEN_FILES = 64
RECYCLE_BYTES = 600 << 20
_WATCH_S = 0.1


def confine() -> None:
    """Limit memory, open files, core dumps and file writing of this process for good."""
    if sys.platform == "win32":
        _confine_windows()
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if sys.platform == "darwin":  # accepts RLIMIT_AS, but does not keep to it
        threading.Thread(target=_watch_memory, args=(MEMORY_BYTES,), daemon=True).start()
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def allow_cpu(seconds: int = CPU_S) -> None:
    """Give this process `seconds` of processor time from now on; then the system ends it."""
    if sys.platform == "win32":
        return  # the parent's clock ends it there
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, most))


def peak_bytes() -> int:
    """The most memory this process has held; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    if sys.platform == "linux":  # its ru_maxrss still counts the parent this one was forked from
        found = re.search(rb"\nVmHWM:\s+(\d+) kB", Path("/proc/self/status").read_bytes())
        return int(found[1]) * 1024 if found else 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _watch_memory(limit: int) -> None:
    while peak_bytes() <= limit:
        time.sleep(_WATCH_S)
    os._exit(1)


def _confine_windows() -> None:
    """Put this process into a job object with a memory limit that dies with its last handle."""
    if sys.platform != "win32":
        return
    import ctypes
    from ctypes import wintypes

    class _Basic(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _Extended(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _Basic),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    process_memory, kill_on_close, extended = 0x100, 0x2000, 9
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateJobObjectW.restype = wintypes.HANDLE
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    job = wintypes.HANDLE(kernel.CreateJobObjectW(None, None))
    wanted = _Extended()
    wanted.BasicLimitInformation.LimitFlags = process_memory | kill_on_close
    wanted.ProcessMemoryLimit = MEMORY_BYTES
    size = ctypes.sizeof(wanted)
    kernel.SetInformationJobObject(job, extended, ctypes.byref(wanted), size)
    kernel.AssignProcessToJobObject(job, wintypes.HANDLE(kernel.GetCurrentProcess()))
