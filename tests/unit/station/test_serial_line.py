"""Line settings and how long a character takes."""

import pytest

from station.serial_line import SerialLine


@pytest.mark.parametrize(
    ("line", "text", "bits"),
    [
        (SerialLine(115200), "115200 8N1", 10),
        (SerialLine(1200, 7, "E"), "1200 7E1", 10),
        (SerialLine(9600, 8, "E"), "9600 8E1", 11),
        (SerialLine(9600, 8, "N", 2), "9600 8N2", 11),
    ],
)
def test_a_character(line: SerialLine, text: str, bits: int) -> None:
    assert str(line) == text
    assert line.character_s == pytest.approx(bits / line.baud)
