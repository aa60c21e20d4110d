"""The station as Modbus master: asks a meter for registers each second, over RS-485 or TCP/IP, and reads the currents.

The documents once call the station the server and the meter the client (X-10); their own steps have the station ask.
"""
