"""What every emulator that is called over Ethernet stands on: an address, a listening socket, and its connections."""
