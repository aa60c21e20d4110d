"""How long the station takes for one P1 telegram, and how that compares with dsmr-parser.

Both get the same 886-byte DSMR 5 telegram in one piece, check its CRC and read its values; the station also frames it
and derives the signed current per phase.
"""

import statistics
import timeit
from collections.abc import Callable

from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

from station.sources.p1.reader import P1Reader
from station.sources.reading import Reading

TELEGRAM = r"""/EMU5\2EVTEST-50-3P

1-3:0.2.8(50)
0-0:1.0.0(260703131502S)
0-0:96.1.1(4530303939303030303030303530333236)
1-0:1.8.1(002345.678*kWh)
1-0:1.8.2(003456.789*kWh)
1-0:2.8.1(001234.567*kWh)
1-0:2.8.2(002789.012*kWh)
0-0:96.14.0(0002)
1-0:1.7.0(00.000*kW)
1-0:2.7.0(03.125*kW)
0-0:96.7.21(00011)
0-0:96.7.9(00004)
1-0:99.97.0(1)(0-0:96.7.19)(250601073322S)(0000003710*s)
1-0:32.32.0(00000)
1-0:52.32.0(00001)
1-0:72.32.0(00000)
1-0:32.36.0(00003)
1-0:52.36.0(00000)
1-0:72.36.0(00001)
0-0:96.13.0()
1-0:32.7.0(238.4*V)
1-0:52.7.0(231.0*V)
1-0:72.7.0(236.9*V)
1-0:31.7.0(010*A)
1-0:51.7.0(001*A)
1-0:71.7.0(004*A)
1-0:21.7.0(00.000*kW)
1-0:41.7.0(00.310*kW)
1-0:61.7.0(00.000*kW)
1-0:22.7.0(02.415*kW)
1-0:42.7.0(00.000*kW)
1-0:62.7.0(01.020*kW)
0-1:24.1.0(003)
0-1:96.1.0(4730303939303030303030303530333236)
0-1:24.2.1(260703131500S)(00987.654*m3)
!040D
""".replace("\n", "\r\n")


def median_us(work: Callable[[], object], number: int) -> float:
    """Median of 15 rounds of `number` calls, in microseconds per call."""
    return statistics.median(timeit.repeat(work, number=number, repeat=15)) / number * 1e6


def main() -> None:
    data = TELEGRAM.encode("ascii")
    reader = P1Reader()
    parser = TelegramParser(telegram_specifications.V5)
    assert isinstance(reader.receive(data, 0.0)[0], Reading)
    ours_us = median_us(lambda: reader.receive(data, 0.0), 2000)
    theirs_us = median_us(lambda: parser.parse(TELEGRAM), 20)
    print(f"station P1 reader   {ours_us:9.1f} us per {len(data)}-byte telegram (median)")
    print(f"dsmr-parser         {theirs_us:9.1f} us per {len(data)}-byte telegram (median)")
    print(f"ratio               {theirs_us / ours_us:9.1f}")


if __name__ == "__main__":
    main()
