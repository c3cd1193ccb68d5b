"""crashes - follows a process and all that it starts, and writes down who died of a bad signal.

    crashes.py PID FILE

Only processes that still run PID's own program count. A crash of the process that talks to the
client looks to the client like a connection that was closed, which is right after most of what the
tests send. ptrace without stops at system calls costs next to nothing and changes nothing that the
tests look at. FILE gets "ready" once it runs.
"""
# SPDX-License-Identifier: MIT
import ctypes
import os
import signal
import sys

SEIZE, CONT, LISTEN = 0x4206, 7, 0x4208
FORK, VFORK, CLONE, EVENT_STOP, WALL = 2, 4, 8, 128, 0x40000000
BAD = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT, signal.SIGSYS,
       signal.SIGXFSZ, signal.SIGXCPU, signal.SIGTRAP, signal.SIGSTKFLT, signal.SIGPIPE}
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long


def slurp(pid, what):
    try:
        if what == "exe":
            return os.readlink("/proc/%d/exe" % pid)
        with open("/proc/%d/cmdline" % pid) as f:
            return f.read().replace("\0", " ").strip()
    except OSError:
        return ""


def follow(out, own):
    """a death by seccomp comes without a stop before it: the name is then of the last one"""
    names = {}
    while True:
        try:
            pid, status = os.waitpid(-1, WALL)
        except ChildProcessError:
            return
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in BAD and names.get(pid):
            out.write("%d %s died of %s\n" % (pid, names[pid],
                                              signal.Signals(os.WTERMSIG(status)).name))
        if not os.WIFSTOPPED(status):
            continue
        names[pid] = slurp(pid, "cmdline") if slurp(pid, "exe") == own else ""
        sig, event = os.WSTOPSIG(status), status >> 16
        if event == EVENT_STOP and sig != signal.SIGTRAP:
            libc.ptrace(LISTEN, pid, 0, 0)
        else:
            libc.ptrace(CONT, pid, 0, 0 if event else sig)


with open(sys.argv[2], "a", buffering=1) as out:
    root = int(sys.argv[1])
    if libc.ptrace(SEIZE, root, 0, FORK | VFORK | CLONE):
        out.write("ready, but blind: errno %d\n" % ctypes.get_errno())
    else:
        out.write("ready\n")
        follow(out, slurp(root, "exe"))
