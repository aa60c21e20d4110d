"""The socket of somebody's station, with an EV simulator box in it: `python -m tests.system.socket_with_box`.

The board link is the station's own affair, as its power electronics are; the rig has only the box, on a TCP port.
Serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import signal

from emulators.board.board import Board
from emulators.board.port import BoardPort
from emulators.board.socket import Socket
from emulators.instruments import ev_box_instrument
from emulators.instruments.on_socket import SocketInlet
from emulators.scpi import ScpiServer, TcpPort
from rig.clock import WallLoop


async def serve(board_at: str, box_at: str) -> None:
    """Until SIGINT, also where whoever started this has it ignored."""
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    socket = Socket(1)
    board = BoardPort(Board([socket]), board_at)
    instrument = ev_box_instrument(SocketInlet(socket, loop.time(), board.poke), loop.time())
    box = TcpPort(ScpiServer(instrument, name="ev box"), box_at)
    await board.start()
    box.start()
    await interrupted.wait()
    box.close()
    await box.wait()
    await board.stop()


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", required=True)
    parser.add_argument("--box", required=True)
    parser.add_argument("--speed", type=float, required=True)
    args = parser.parse_args()
    with asyncio.Runner(loop_factory=lambda: WallLoop(args.speed)) as runner:
        runner.run(serve(args.board, args.box))


if __name__ == "__main__":
    main()
