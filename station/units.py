"""Integer currents. Measured and signalled currents are mA; shares and limits are deciampere (dA), O-20."""

MA_PER_DA = 100
# L1, L2 and L3.
Triple = tuple[int, int, int]


def da_from_ma(current_ma: int) -> int:
    """Floor to 0.1 A (O-20); floors towards minus infinity for exported current."""
    return current_ma // MA_PER_DA


def ma_from_a(current_a: float) -> int:
    """Nearest mA; the values on telegrams and in settings have at most three decimals."""
    return round(current_a * 1000)


def da_from_a(current_a: float) -> int:
    """Floor to 0.1 A, without the binary noise of the float: 6.3 A is 63 dA."""
    return da_from_ma(ma_from_a(current_a))
