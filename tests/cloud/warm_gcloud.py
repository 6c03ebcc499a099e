"""gcloud, warm: the real one, with the modules that take it most of a second imported once instead of for each command.

`python warm_gcloud.py SDK SOCKET`, by gcloud's own Python, imports them and then is gcloud for whoever asks: a process
of its own for each command, with the asker's arguments, variables, folder and files. It ends with whoever started it.
"""

import array
import ctypes
import json
import os
import signal
import socket
import sys
import threading

_WARM = (
    "googlecloudsdk.gcloud_main",
    "googlecloudsdk.api_lib.run.service",
    "googlecloudsdk.api_lib.util.apis",
    "googlecloudsdk.command_lib.run.flags",
    "googlecloudsdk.command_lib.run.serverless_operations",
    "googlecloudsdk.core.credentials.store",
    "googlecloudsdk.core.credentials.transports",
    "googlecloudsdk.generated_clients.apis.run.v1.run_v1_messages",
    "googlecloudsdk.generated_clients.apis.run.v1.run_v1_client",
)
# What asks: it hands over all that a process has, and ends as gcloud does. Killed, it takes gcloud with it.
ASKER = """#!/usr/bin/python3 -SEI
import array, json, os, socket, sys
asked = socket.socket(socket.AF_UNIX)
asked.connect({address!r})
told = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
asked.sendmsg([len(told).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
asked.sendall(told)
os._exit(int(asked.recv(4) or b"70"))
"""


def main(sdk: str, address: str) -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    sys.path[:0] = [f"{sdk}/lib/third_party", f"{sdk}/lib"]
    for name in _WARM:
        __import__(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(16)
        while True:
            asker, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _be_gcloud(sdk, asker)
            asker.close()


def _be_gcloud(sdk: str, asker: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, 0)  # `gcloud storage` starts processes of its own
    files = array.array("i")
    size, ancillary, _, _ = asker.recvmsg(4, socket.CMSG_SPACE(3 * files.itemsize))
    files.frombytes(ancillary[0][2])
    told = b""
    while len(told) < int.from_bytes(size, "big"):
        told += asker.recv(65_536)
    arguments, variables, folder = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.argv = [f"{sdk}/lib/gcloud.py", *arguments]

    def end_with_asker() -> None:
        if not asker.recv(1):
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_asker, daemon=True).start()
    status = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    asker.sendall(str(status).encode())
    os._exit(0)


def _run() -> int:
    from googlecloudsdk import gcloud_main  # type: ignore[import-not-found]  # gcloud's own Python has it

    try:
        gcloud_main.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
