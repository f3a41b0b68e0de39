"""Child only: the system calls that are left before the first byte is read. Linux on x86-64 and ARM64.

Law: a list of what may be done, nothing else: read and write what is open, memory, time, locks, the end. All other
calls fail with EPERM (no file, socket, process, tracing, or signal to another), which libraries take as a refusal; a
call of another architecture kills. A limit on open files alone leaves tracing, killing and removing to a decoder that
was taken over. Source: Linux, Documentation/userspace-api/seccomp_filter.rst, and its system call tables.
"""

import ctypes
import os
import platform
from struct import pack
from typing import Final

SET_SECCOMP, FILTER = 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
NUMBER, ARCHITECTURE = 0, 4
"""Offsets in ``struct seccomp_data``."""

CALLS: Final = {
    "x86_64": (0xC000003E, {
        "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
        "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "readv": 19, "writev": 20,
        "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "sendto": 44, "recvfrom": 45,
        "exit": 60, "gettid": 186, "futex": 202, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
        "exit_group": 231, "getrandom": 318, "restart_syscall": 219, "sigaltstack": 131,
    }),
    "aarch64": (0xC00000B7, {
        "close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "ppoll": 73, "fstat": 80,
        "exit": 93, "exit_group": 94, "futex": 98, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114,
        "clock_nanosleep": 115, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134,
        "rt_sigprocmask": 135, "rt_sigreturn": 139, "getpid": 172, "gettid": 178, "sendto": 206, "recvfrom": 207,
        "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233, "getrandom": 278,
    }),
}  # fmt: skip


def program(architecture: int, calls: list[int]) -> bytes:
    """The filter as the kernel wants it: 8 bytes per instruction. At most 250 calls (a jump is one byte)."""
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    steps += [(EQUAL, len(calls) - place, 0, number) for place, number in enumerate(calls)]
    steps += [(RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    return b"".join(pack("<HBBI", *step) for step in steps)


def install() -> None:
    """From here on, for good. One thread; needs PR_SET_NO_NEW_PRIVS. Raises OSError where the kernel refuses."""
    if platform.machine() not in CALLS or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise OSError(f"no list of system calls for {platform.machine()}")
    architecture, calls = CALLS[platform.machine()]
    code = ctypes.create_string_buffer(program(architecture, sorted(calls.values())))
    program_header = ctypes.create_string_buffer(pack("<HxxxxxxQ", (len(code) - 1) // 8, ctypes.addressof(code)))
    if ctypes.CDLL(None, use_errno=True).prctl(SET_SECCOMP, FILTER, ctypes.byref(program_header), 0, 0):
        raise OSError(os.strerror(ctypes.get_errno()))
