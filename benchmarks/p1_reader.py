"""How long the station takes for one P1 telegram, and how that compares with dsmr-parser.

Both get DSMR 5 telegrams in one piece, in which everything differs that differs from second to second on a real meter,
check the CRC and read the values; the station also frames them and derives the signed current per phase.
"""

from __future__ import annotations

from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

from benchmarks.p1_codec import PEER_REPEATS, PEER_TELEGRAMS, REPEATS, microseconds_each, stream
from emulators.p1 import encode
from station.sources.p1.reader import P1Reader
from station.sources.reading import Reading


def main() -> None:
    data = [encode(telegram) for telegram in stream()]
    texts = [telegram.decode("ascii") for telegram in data[:PEER_TELEGRAMS]]
    reader = P1Reader()
    assert all(isinstance(reader.receive(telegram, 0.0)[0], Reading) for telegram in data)
    ours_us = microseconds_each(lambda telegram: reader.receive(telegram, 0.0), data, REPEATS)
    theirs_us = microseconds_each(TelegramParser(telegram_specifications.V5).parse, texts, PEER_REPEATS)
    print(
        f"station P1 reader, {len(data[0])} bytes (medians): {ours_us:.1f} us, {1e6 / ours_us:,.0f} telegrams/s; "
        f"dsmr-parser {theirs_us:.0f} us, {theirs_us / ours_us:.0f} x"
    )


if __name__ == "__main__":
    main()
