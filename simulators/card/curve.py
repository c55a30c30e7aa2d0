"""SM2 (GB/T 32918) in whole numbers: keys, signatures, their check. For test keys only: it takes no care of time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
DEFAULT_ID = b"1234567812345678"
Point = tuple[int, int]
_Jacobian = tuple[int, int, int]


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if z == 0 or y == 0:
        return (1, 1, 0)
    squared = z * z % P
    slope = 3 * (x - squared) * (x + squared) % P  # a = -3
    yy = y * y % P
    beta = x * yy % P
    x3 = (slope * slope - 8 * beta) % P
    return x3, (slope * (4 * beta - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(one: _Jacobian, other: _Jacobian) -> _Jacobian:
    if one[2] == 0:
        return other
    if other[2] == 0:
        return one
    z1z1, z2z2 = one[2] ** 2 % P, other[2] ** 2 % P
    u1, u2 = one[0] * z2z2 % P, other[0] * z1z1 % P
    s1, s2 = one[1] * other[2] * z2z2 % P, other[1] * one[2] * z1z1 % P
    if u1 == u2:
        return _double(one) if s1 == s2 else (1, 1, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    h2 = h * h % P
    h3, v = h * h2 % P, u1 * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return x3, (r * (v - x3) - s1 * h3) % P, h * one[2] * other[2] % P


def times(number: int, point: Point) -> Point:
    """The point so many times; `number` is not a multiple of N."""
    found, adding = (1, 1, 0), (*point, 1)
    while number:
        if number & 1:
            found = _add(found, adding)
        adding = _double(adding)
        number >>= 1
    return _affine(found)


def _affine(point: _Jacobian) -> Point:
    inverse = pow(point[2], -1, P)
    return point[0] * inverse**2 % P, point[1] * inverse**3 % P


def _sum(one: Point, other: Point) -> Point:
    return _affine(_add((*one, 1), (*other, 1)))


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def digest(public: Point, data: bytes, identity: bytes = DEFAULT_ID) -> bytes:
    """SM3 of Z and the data."""
    numbers = (A, B, *G, *public)
    z = sm3((len(identity) * 8).to_bytes(2) + identity + b"".join(n.to_bytes(32) for n in numbers))
    return sm3(z + data)


@dataclass(frozen=True)
class Key:
    secret: int

    @property
    def public(self) -> Point:
        return times(self.secret, G)

    @property
    def public_bytes(self) -> bytes:
        return b"".join(number.to_bytes(32) for number in self.public)

    def sign(self, hashed: bytes, k: int | None = None) -> bytes:
        """r and s of a digest, 64 bytes. `k` is given only by tests with known answers."""
        e = int.from_bytes(hashed)
        while True:
            nonce = k or secrets.randbelow(N - 1) + 1
            r = (e + times(nonce, G)[0]) % N
            if r == 0 or r + nonce == N:
                continue
            s = pow(1 + self.secret, -1, N) * (nonce - r * self.secret) % N
            if s:
                return r.to_bytes(32) + s.to_bytes(32)


def make() -> Key:
    return Key(secrets.randbelow(N - 2) + 1)


def verify(public: Point, hashed: bytes, signature: bytes) -> bool:
    """Whether r and s, 64 bytes, are of this key."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if len(signature) != 64 or not (0 < r < N and 0 < s < N):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    x, _ = _sum(times(s, G), times(t, public))
    return (int.from_bytes(hashed) + x) % N == r
