# SPDX-License-Identifier: GPL-2.0-only
"""What the manual's formulas give, for the expressions of case files.

Exact rational arithmetic and plain bit packing, written from the manual and
from nothing in gvmm/: the cases' expected values must not come from what they
check.
"""
from fractions import Fraction
import math
import struct

M64 = (1 << 64) - 1


class ISR:
    """Bits of the interruption status register (SDM 2:3.3.5.2)."""
    x, w, r, na = 1 << 32, 1 << 33, 1 << 34, 1 << 35
    sp, rs, ir, ni = 1 << 36, 1 << 37, 1 << 38, 1 << 39
    so, ed = 1 << 40, 1 << 43
    # Codes of non-access instructions (SDM 2:5.5.2, table 5-1).
    tpa, fc, probe, tak = na, na | 1, na | 2, na | 3
    lfetch, probe_fault = na | 4, na | 5


def pte(pa, p=1, ma=0, a=1, d=1, pl=0, ar=2, ed=0):
    """The first word of a translation (SDM 2:4.1.1.5); ar 2 is read and write."""
    return p | ma << 2 | a << 5 | d << 6 | pl << 7 | ar << 9 | pa & 0x3fffffffff000 | ed << 52


def tr(va, pa, ps=16, key=0, rid=None, **bits):
    """A dtr or itr token's value; the region identifier is the runner's of va's region."""
    if rid is None:
        rid = (va >> 61) + 1
    offset = va & (1 << 61) - 1 & ~((1 << ps) - 1)
    return f"{pte(pa, **bits):#x}:{key << 8 | ps << 2:#x}:{offset:#x}:{rid:#x}"


def rr(region, ps=14, ve=0, rid=None):
    """A region register; the identifier is the runner's by default."""
    return (region + 1 if rid is None else rid) << 8 | ps << 2 | ve


def itir(region, ps=14, rid=None):
    """ITIR as a fault at an address of the region leaves it (SDM 2:3.3.5.4)."""
    return rr(region, ps, 0, rid)


def thash(va, pta, ps=14):
    """The short format's entry for va (SDM 2:4.1.5.1)."""
    mask = (1 << (pta >> 2 & 63)) - 1
    offset = (va & (1 << 61) - 1) >> ps << 3
    return va & 7 << 61 | pta & (1 << 61) - 1 & ~0x7fff & ~mask | offset & mask


def pipeline(lc, ec, limit=None, fault=None):
    """
    What the loops of loop.case leave behind (SDM 1:4.5.1), as tokens, when sixteen registers rotate and p16 alone
    is true. limit: the loop goes on while r9 is below it, and not by LC. fault: so many stages behind the
    first an instruction faults.
    """
    gr, pr = [None] * 16, [True] + [False] * 47
    written, r8, r9, stored, turns = set(), 0, 100, None, 0
    while True:
        stored = gr[1] if pr[1] else stored
        if pr[0] or limit is not None:
            r9 += 1
            gr[0] = r9
        if fault is not None and pr[fault]:
            break
        r8 += gr[2] if pr[2] else 0
        if limit is not None:
            pr[0] = r9 < limit
            written.add((16 - turns - 16) % 48)
        more = pr[0] if limit is not None else lc > 0
        going = more or ec > 1
        rotates = more or ec > 0
        pr[47] = more and limit is None
        written.add((47 - turns) % 48)
        lc -= more and limit is None
        ec -= not more and ec > 0
        if rotates:
            gr, pr, turns = gr[-1:] + gr[:-1], pr[-1:] + pr[:-1], turns + 1
        if not going:
            break
    tokens = [f"rotate={turns} ar.lc={lc} ar.ec={ec} r8={r8} r9={r9}"]
    tokens += [f"r{32 + n}={x}" for n, x in enumerate(gr) if x is not None]
    tokens += [f"p{16 + n}={x:d}" for n, x in enumerate(pr) if (n - turns) % 48 in written]
    if stored is not None:
        tokens.append(f"mem8[0x100000]={stored}")
    return " ".join(tokens)


def code(text):
    """Assembly that is a value of a `for`: _ stands for a space, @ for a comma."""
    return text.replace("_", " ").replace("@", ",")


def swap(value, size):
    """The bytes of a value turned round."""
    return int.from_bytes((value & (1 << 8 * size) - 1).to_bytes(size, "little"), "big")


# Floating point. A register is written significand:sign-and-exponent, with the
# sign in bit 17 (SDM 1:5.1.3).

BIAS = 0xffff
NATVAL = "0:0x1fffe"
INF, MINUS_INF = "0x8000000000000000:0x1ffff", "0x8000000000000000:0x3ffff"
# What an invalid operation gives, and other NaNs.
INDEFINITE = "0xc000000000000000:0x3ffff"
QNAN, SNAN = "0xc000000000001000:0x1ffff", "0x8000000000001000:0x1ffff"
QNAN2, SNAN2 = "0xc000000000002000:0x1ffff", "0x8000000000002000:0x1ffff"
QUIET_SNAN = "0xc000000000001000:0x1ffff"
ZERO, MINUS_ZERO = "0:0", "0:0x20000"
UNSUPPORTED = "0x4000000000000000:0x1ffff"
# 1.0, not normalized.
UNNORMAL = "0x4000000000000000:0x10000"
PSEUDO_ZERO = "0:0x10000"


def exponent(x):
    """e for which 2**e <= |x| < 2**(e + 1)."""
    x = abs(Fraction(x))
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if x >= Fraction(2) ** e else e - 1


def fp(x):
    """The register that holds x exactly; a negative zero is -0.0."""
    sign = math.copysign(1, x) < 0 if x == 0 else x < 0
    x = abs(Fraction(x))
    if not x:
        return f"0:{sign << 17:#x}"
    e = exponent(x)
    sig = x * Fraction(2) ** (63 - e)
    if sig.denominator != 1 or not 0 < e + BIAS < 0x1ffff:
        raise ValueError(f"no register holds {x}")
    return f"{int(sig):#x}:{sign << 17 | e + BIAS:#x}"


def to_multiple(x, unit, rc="n"):
    """x rounded to a multiple of unit: n(earest, even), m(inus), p(lus), z(ero)."""
    q = Fraction(x) / unit
    return {"n": round, "m": math.floor, "p": math.ceil, "z": math.trunc}[rc](q) * unit


def rnd(x, bits=64, rc="n"):
    """x rounded to so many significant bits."""
    x = Fraction(x)
    return to_multiple(x, two(exponent(x) - bits + 1), rc) if x else x


def two(e):
    """2**e, exactly."""
    return Fraction(2) ** e


# Formats of results (SDM 1:5.2): significand bits, least and largest exponent of
# normal numbers, and the exponent field of denormals. s, d: by completer; e: double-
# extended range; r: the register's range, which wre asks for; p: half of a pair.
FORMATS = {
    "s": (24, -126, 127, 0xff81), "d": (53, -1022, 1023, 0xfc01),
    "e": (64, -16382, 16383, 0), "e24": (24, -16382, 16383, 0),
    "e53": (53, -16382, 16383, 0), "r": (64, -65534, 65535, 1),
    "r24": (24, -65534, 65535, 1), "r53": (53, -65534, 65535, 1),
}


def result(x, fmt="e", rc="n", ftz=0):
    """The register after an operation whose exact value is x, no trap being enabled."""
    bits, emin, emax, field = FORMATS[fmt]
    x = Fraction(x)
    sign = x < 0
    r = rnd(x, bits, rc)
    if exponent(r) > emax:
        if rc == "n" or rc == ("m" if sign else "p"):
            return MINUS_INF if sign else INF
        return fp((-1 if sign else 1) * (two(emax + 1) - two(emax + 1 - bits)))
    if exponent(r) >= emin:
        return fp(r)
    r = 0 if ftz else to_multiple(x, two(emin - bits + 1), rc)
    if abs(r) == two(emin):
        return fp(r)
    sig = abs(r) / two(emin) * 2 ** 63
    return f"{int(sig):#x}:{sign << 17 | (field if sig else 0):#x}"


def raised(x, fmt="e", rc="n", ftz=0):
    """The flags of that operation."""
    bits, emin, emax, _ = FORMATS[fmt]
    x = Fraction(x)
    r = rnd(x, bits, rc)
    if exponent(r) > emax:
        return "oi"
    if exponent(r) >= emin:
        return "i" if r != x else ""
    return "ui" if ftz or to_multiple(x, two(emin - bits + 1), rc) != x else ""


def integer(x):
    """A register with an integer in its significand."""
    return f"{x & M64:#x}:0x1003e"


def single(x):
    """Memory image of an IEEE single."""
    return struct.unpack("<I", struct.pack("<f", x))[0]


def double(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def pair(high, low):
    """A register with two singles; numbers that are int already are bit patterns."""
    words = [x if isinstance(x, int) else single(x) for x in (high, low)]
    return integer(words[0] << 32 | words[1])


def half(x, rc="n"):
    """Bit pattern of the single that an operation of exact value x gives."""
    sig, se = (int(word, 16) for word in result(x, "s", rc).split(":"))
    exp = se & 0x1ffff
    field = 0xff if exp == 0x1ffff else exp - 0xff80 if sig >> 63 else 0
    return se >> 17 << 31 | field << 23 | sig >> 40 & 0x7fffff


def flags(letters):
    """FPSR's order: v d z o u i."""
    return sum(1 << "vdzoui".index(c) for c in letters)


def fpsr(enable="", pc=3, rc=0, wre=0, ftz=0, f0="", f1="", f2="", f3=""):
    """
    The runner's FPSR with exceptions enabled, controls of status field 0, and
    flags of the four fields (SDM 1:5.2). The others keep td, sf1 its wre too.
    """
    controls = [ftz | wre << 1 | pc << 2 | rc << 4, 0x4e, 0x4c, 0x4c]
    value = flags("vdzoui") & ~flags(enable)
    for n, (control, raised) in enumerate(zip(controls, (f0, f1, f2, f3))):
        value |= (control | flags(raised) << 7) << 6 + 13 * n
    return value


def m_bundle(slot):
    """An MII bundle with a raw 41-bit M-slot, for what the assembler refuses."""
    nop = 1 << 27
    word = slot << 5 | nop << 46 | nop << 87
    return f"data8 {word & M64:#x}, {word >> 64:#x}"


def recip(x):
    """frcpa's approximation of 1/x: the value in the middle of 256 intervals, 11 bits."""
    e = exponent(x)
    m = abs(Fraction(x)) / two(e)
    middle = 1 + Fraction(2 * math.floor((m - 1) * 256) + 1, 512)
    value = to_multiple(1 / middle, two(-11)) * two(-e)
    return -value if x < 0 else value


def recip_sqrt(x):
    """frsqrta's approximation of 1/sqrt(x): 128 intervals for each of two binades."""
    e = exponent(x)
    m = Fraction(x) / two(e)
    middle = (1 + Fraction(2 * math.floor((m - 1) * 128) + 1, 256)) * (1 + e % 2)
    # To the nearest multiple of 2**-11: twice as many of 2**-12, rounded down, halved.
    return (math.isqrt(math.floor(two(24) / middle)) + 1) // 2 * two(-11 - e // 2)
