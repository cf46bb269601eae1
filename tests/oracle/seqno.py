"""Sequence numbers: the layout of the reference, written and read with Python's whole numbers."""
import re

IX_MAX = 0x7FFFFFFFFFFFFFFF
CREATED_END = 16025175000
LAYOUT = re.compile(r"2([0-9a-f]{9})([0-9a-f])([0-7][0-9a-f]{15})00([0-9a-f]{9})([0-9a-f]{8})2")


class Decoded:
    def __init__(self, version, created_s, time_s, index, ix=0):
        self.version, self.created_s, self.time_s, self.index, self.ix = version, created_s, time_s, index, ix


def number(created_s, index, ix, time_s):
    return int("2%09x%x%016x00%09x%08x2" % (created_s, index & 15, ix, time_s, index), 16)


def start(created_s, index):
    return number(created_s, index, 0, created_s)


def end(created_s, index, closed_s):
    return number(created_s, index, IX_MAX, closed_s)


def signed(index):
    return index - (1 << 32) if index >> 31 else index


def decode(text):
    """None: invalid."""
    value = int(text)
    if value < 1 << 124:
        digits = "%032x" % (value + (1 << 124))
        return Decoded(0, int(digits[1:10], 16), int(digits[1:10], 16), int(digits[28:], 16))
    if not 1 << 185 <= value < 3 << 184:
        return None
    digits = "%047x" % value
    created_s = int(digits[1:10], 16)
    if digits[-1] == "1":
        made = Decoded(1, created_s, int(digits[13:22], 16), signed(int(digits[38:46], 16)))
    elif digits[-1] == "2":
        made = Decoded(2, created_s, int(digits[29:38], 16), signed(int(digits[38:46], 16)), int(digits[11:27], 16))
    else:
        return None
    return None if created_s >= CREATED_END or made.ix > IX_MAX else made
