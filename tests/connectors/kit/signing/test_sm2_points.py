"""Multiplied without dividing: the same points as where each step divides."""

import secrets

from gmalg.ellipticcurve import ECDLP, EllipticCurve

from connectors.kit.signing import sm2_points
from connectors.kit.signing.sm2_keys import CURVE

LONG_WAY = ECDLP(CURVE.fp.p, CURVE.ec.a, CURVE.ec.b, CURVE.G, CURVE.fpn.p)
ORDER = CURVE.fpn.p


def test_the_same_points_as_the_long_way() -> None:
    """For the first numbers, the last ones, and any, of the base point and of another."""
    other = LONG_WAY.kG(secrets.randbelow(ORDER - 1) + 1)
    for k in (1, 2, 3, 4, 5, ORDER - 2, ORDER - 1, *(secrets.randbelow(ORDER - 1) + 1 for _ in range(4))):
        assert CURVE.kG(k) == LONG_WAY.kG(k)
        assert CURVE.ec.mul(k, other) == LONG_WAY.ec.mul(k, other)


def test_as_often_as_the_order_is_nowhere() -> None:
    """And from nowhere, nothing leads away; one more is the point itself."""
    assert CURVE.kG(ORDER) == EllipticCurve.INF
    assert sm2_points.times(0, CURVE.G) == EllipticCurve.INF
    assert sm2_points.times(7, EllipticCurve.INF) == EllipticCurve.INF
    assert CURVE.kG(ORDER + 1) == CURVE.G


def test_sums_that_are_a_doubling_or_nothing() -> None:
    """A point and itself, and a point and its opposite, are no ordinary sum."""
    (x, y), opposite = CURVE.G, (CURVE.G[0], CURVE.fp.p - CURVE.G[1])
    assert sm2_points._sum((x, y, 1), (x, y)) == sm2_points._doubled((x, y, 1))
    assert sm2_points._sum((x, y, 1), opposite) == sm2_points.NOWHERE
