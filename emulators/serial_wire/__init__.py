"""What every serial port of an emulator stands on: a pseudo-terminal, a serial device, a socket or a port server."""
