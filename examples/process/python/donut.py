#!/usr/bin/env python3
"""A generator for Etalon that is an external program with a hidden latent: a poor
simulation of the density double-donut. It is the twin of examples/process/donut, which
says what it does. Needs only Python's standard library.

Protocol, all little-endian: a request is uint32 n, uint32 0, uint64 row0 and
n x 3 float32 latents; the answer is uint32 n and n x 2 float32 features.

    [process]
    command = ["python3", "examples/process/python/donut.py"]
    latent = 3
    dim = 2
    hidden = true
"""
import array
import math
import struct
import sys

MASK = (1 << 64) - 1


def uniform(k):
    """Number k, in (0, 1), of the generator SplitMix64, which can begin anywhere."""
    v = (k + 1) * 0x9E3779B97F4A7C15 & MASK
    v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9 & MASK
    v = (v ^ v >> 27) * 0x94D049BB133111EB & MASK
    return (((v ^ v >> 31) >> 11) + 0.5) / (1 << 53)


def hidden(row):
    """The normal number of a row, by Box and Muller."""
    return math.sqrt(-2 * math.log(uniform(2 * row))) * math.cos(2 * math.pi * uniform(2 * row + 1))


def donut(z1, z2, z3, h):
    """One point of the visible latents and the hidden one."""
    centre = 4.0 if z1 > -0.2533471031357997 else -4.0  # a right share of 60 %
    u = math.pi * math.erfc(-z2 / math.sqrt(2))
    angle = u + 0.4 * math.sin(u)
    radius = 4.4 + 0.8 * z3 + 0.7 * h
    return centre + radius * math.cos(angle), radius * math.sin(angle)


def read_exactly(stream, size):
    data = stream.read(size)
    if data and len(data) < size:
        sys.exit(f"the input ended after {len(data)} of {size} bytes")
    return data


def floats(data=b""):
    values = array.array("f", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def main():
    while header := read_exactly(sys.stdin.buffer, 16):
        n, _, row0 = struct.unpack("<IIQ", header)
        z = floats(read_exactly(sys.stdin.buffer, 12 * n))
        x = array.array("f")
        for i in range(n):
            x.extend(donut(z[3 * i], z[3 * i + 1], z[3 * i + 2], hidden(row0 + i)))
        if sys.byteorder == "big":
            x.byteswap()
        sys.stdout.buffer.write(struct.pack("<I", n) + x.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
